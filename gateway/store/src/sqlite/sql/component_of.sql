-- $1: scope; $2: name; $3: digest of the version, null: the one that answers to the name.
-- Served by the primary keys.
select v.digest, b.bytes, v.origin
from component c
join component_version v on v.scope = c.scope and v.name = c.name and v.digest = coalesce($3, c.digest)
join plugin_blob b on b.digest = v.digest
where c.scope = $1
  and c.name = $2
  and c.digest is not null;
