-- Migration 0: everything that would be dear to add later. Page size and auto-vacuum are set by the
-- connection before this runs. Times are milliseconds UTC; digests 32 bytes; `scope` owns each row;
-- `pos` is the number of the commit that wrote it; `key_id` 0 is plain, others name a sealing key.

create table installation (
  id integer primary key check (id = 1),
  hash_key blob not null check (length(hash_key) = 32),
  -- How often the database was opened: the high bits of `pos`.
  openings integer not null check (openings >= 0),
  -- The longest dedupe window that was ever asked for: younger buckets are kept.
  dedupe_hours integer not null check (dedupe_hours >= 0)
) strict;

create table scope (
  id integer primary key,
  tenant text not null,
  environment text not null,
  unique (tenant, environment)
) strict;

create table node (
  number integer primary key check (number between 0 and 1023),
  incarnation integer not null check (incarnation > 0),
  beat integer not null,
  revision blob check (length(revision) = 32),
  lives integer not null check (lives in (0, 1))
) strict;

create table name (
  id integer primary key check (id >= 0),
  scope integer not null,
  kind text not null check (kind in ('source', 'route', 'destination', 'plugin')),
  slug text not null,
  unique (scope, kind, slug)
) strict;

create table revision (
  scope integer not null,
  digest blob not null check (length(digest) = 32),
  text text not null,
  actor text not null,
  at integer not null,
  pos integer not null,
  primary key (scope, digest)
) strict, without rowid;

create index revision_pos on revision (scope, pos);

create table recipe (
  digest blob primary key check (length(digest) = 32),
  json text not null
) strict, without rowid;

create table definition (
  scope integer not null,
  kind text not null check (kind in ('source', 'route', 'destination', 'plugin')),
  slug text not null,
  origin text not null check (origin in ('file', 'api')),
  json text not null,
  at integer not null,
  primary key (scope, kind, slug)
) strict, without rowid;

create table control (
  scope integer not null,
  kind text not null check (kind in ('source', 'route', 'destination', 'plugin')),
  subject integer not null,
  fact text not null check (fact in ('paused', 'disabled', 'breaker', 'quarantined', 'homeless')),
  reason text not null,
  since integer not null,
  until integer,
  actor text not null,
  primary key (scope, kind, subject, fact)
) strict, without rowid;

create table secret (
  scope integer not null,
  name text not null,
  version integer not null check (version > 0),
  sealed blob not null,
  key_id integer not null check (key_id >= 0),
  not_before integer,
  expires integer,
  primary key (scope, name, version)
) strict, without rowid;

create table plugin_blob (
  digest blob primary key check (length(digest) = 32),
  bytes blob not null,
  at integer not null
) strict;

-- What the configuration's names stand for, as it was applied last.
create table plugin (
  scope integer not null,
  name text not null,
  digest blob not null references plugin_blob (digest),
  origin text not null check (origin in ('file', 'embedded', 'uploaded')),
  at integer not null,
  primary key (scope, name)
) strict, without rowid;

create index plugin_digest on plugin (digest);

-- Names that components were uploaded or embedded under, and which of them answers now.
create table component (
  scope integer not null,
  name text not null,
  -- Null: it was removed.
  digest blob references plugin_blob (digest),
  -- An embedded one that was removed leaves a mark, so that the next start does not bring it back.
  embedded_removed integer not null default 0 check (embedded_removed in (0, 1)),
  at integer not null,
  primary key (scope, name)
) strict, without rowid;

create table component_version (
  scope integer not null,
  name text not null,
  digest blob not null references plugin_blob (digest),
  origin text not null check (origin in ('embedded', 'uploaded')),
  manifest text not null,
  at integer not null,
  primary key (scope, name, digest)
) strict, without rowid;

create index component_version_digest on component_version (digest);

create table api_key (
  id integer primary key,
  scope integer not null,
  name text not null,
  hash blob not null unique check (length(hash) = 32),
  grants text not null,
  at integer not null,
  expires integer,
  unique (scope, name)
) strict;

create table audit (
  pos integer not null,
  scope integer not null,
  actor text not null,
  at integer not null,
  what text not null,
  subject text not null,
  detail text
) strict;

create index audit_scope on audit (scope, pos);

-- Ids grow, so a new event goes to the end of the tree. Small columns first: a list reads no body.
create table event (
  id integer primary key,
  pos integer not null,
  scope integer not null,
  source integer not null,
  type text not null,
  received_at integer not null,
  origin integer not null check (origin between 0 and 5),
  revision blob not null check (length(revision) = 32),
  hops integer not null check (hops >= 0),
  duplicates integer not null default 0 check (duplicates >= 0),
  -- Deliveries planned at its birth, and the range of their ids: finds them without an index.
  deliveries integer not null check (deliveries >= 0),
  delivery_first integer,
  delivery_last integer,
  body_bytes integer not null check (body_bytes >= 0),
  subject text,
  order_key text,
  trace text,
  sequence integer,
  key_id integer not null check (key_id >= 0),
  headers blob not null,
  body blob not null
) strict;

-- Live deliveries only. `owner`, `token` and the state that they spell stand in no index but as the
-- condition of two: a delivery that is born taken touches no index at all.
create table delivery (
  id integer primary key,
  scope integer not null,
  event integer not null,
  route integer not null,
  -- Null: a router has still to choose; the lane is then the route.
  destination integer,
  lane integer not null,
  recipe blob not null check (length(recipe) = 32),
  revision blob not null check (length(revision) = 32),
  -- Null: held, until somebody retries it or the plugin that it is held for is repaired.
  due integer,
  held_for integer,
  priority integer not null default 0,
  not_before integer,
  expires integer,
  attempts integer not null default 0 check (attempts >= 0),
  plugin_tries integer not null default 0 check (plugin_tries >= 0),
  lost integer not null default 0 check (lost >= 0),
  owner integer,
  token integer,
  message integer not null,
  path text not null default '',
  parent integer,
  replay_of integer,
  order_key blob check (length(order_key) = 16),
  order_pos integer,
  batch integer,
  bytes integer not null check (bytes >= 0),
  check ((owner is null) = (token is null))
) strict;

create index delivery_due on delivery (scope, lane, due) where owner is null and due is not null;

-- Suspects are few, and looked for on their own: `limits::LOST_SUSPECT`, which a test holds this to.
create index delivery_suspect on delivery (scope, lane, due)
where owner is null and due is not null and lost >= 3;

create index delivery_held on delivery (scope) where owner is null and due is null;

create index delivery_held_for on delivery (scope, held_for)
where owner is null and due is null and held_for is not null;

create index delivery_again on delivery (event) where replay_of is not null or parent is not null;

-- What a live delivery holds because it must not be made anew: a message of transforms that ran before its
-- birth, or all of what is to be sent.
create table kept (
  delivery integer primary key,
  is_rendered integer not null check (is_rendered in (0, 1)),
  content blob not null,
  key_id integer not null check (key_id >= 0)
) strict;

-- Finished deliveries, with their last attempt inline.
create table finished (
  id integer primary key,
  pos integer not null,
  scope integer not null,
  event integer not null,
  route integer not null,
  destination integer,
  lane integer not null,
  recipe blob not null check (length(recipe) = 32),
  revision blob not null check (length(revision) = 32),
  message integer not null,
  path text not null,
  parent integer,
  replay_of integer,
  order_key blob check (length(order_key) = 16),
  order_pos integer,
  batch integer,
  state integer not null check (state between 1 and 5),
  reason text,
  -- Written once, by what made a dead letter good.
  resolved_by integer,
  attempts integer not null check (attempts >= 0),
  finished_at integer not null,
  attempt integer,
  send integer,
  started_at integer,
  took_ms integer,
  outcome text,
  status integer,
  detail text,
  key_id integer not null check (key_id >= 0),
  snapshot blob,
  check ((state = 2) = (reason is not null)),
  check ((attempt is null) = (outcome is null)),
  check (resolved_by is null or state = 2)
) strict;

create index finished_undelivered on finished (scope, state, id) where state <> 1;

-- What a bulk retry goes through.
create index finished_dead on finished (scope, id) where state = 2 and resolved_by is null;

-- A dead letter may be sent again: what it holds waits for that. It is in `finished` before this.
create trigger kept_goes after delete on delivery begin
  delete from kept
  where delivery = old.id
    and not exists (select 1 from finished f where f.id = old.id and f.state = 2);
end;

create index finished_again on finished (event) where replay_of is not null or parent is not null;

-- Attempts that did not finish their delivery.
create table attempt (
  id integer primary key,
  pos integer not null,
  scope integer not null,
  delivery integer not null,
  send integer not null,
  started_at integer not null,
  took_ms integer not null check (took_ms >= 0),
  outcome text not null,
  status integer,
  detail text not null,
  key_id integer not null check (key_id >= 0),
  snapshot blob not null
) strict;

create index attempt_delivery on attempt (delivery);

-- Buckets are hours of the store's clock; they are forgotten whole.
create table dedupe (
  bucket integer not null,
  scope integer not null,
  source integer not null,
  key blob not null check (length(key) = 16),
  fingerprint integer not null,
  event integer not null,
  primary key (bucket, scope, source, key)
) strict, without rowid;

create table tally (
  minute integer not null,
  scope integer not null,
  source integer not null,
  route integer not null,
  destination integer not null,
  plugin integer not null,
  outcome text not null,
  n integer not null,
  took_ms integer not null,
  primary key (minute, scope, source, route, destination, plugin, outcome)
) strict, without rowid;

create table health (
  scope integer not null,
  destination integer not null,
  failing_since integer not null,
  failures integer not null check (failures > 0),
  primary key (scope, destination)
) strict, without rowid;

create table sequence (
  scope integer not null,
  source integer not null,
  key blob not null check (length(key) = 16),
  n integer not null check (n >= 0),
  primary key (scope, source, key)
) strict, without rowid;

create table order_key (
  destination integer not null,
  key_hash blob not null check (length(key_hash) = 16),
  next integer not null check (next >= 0),
  primary key (destination, key_hash)
) strict, without rowid;
