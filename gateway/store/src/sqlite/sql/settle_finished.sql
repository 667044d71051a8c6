-- $finishing: [delivery, owner, token, attempt, send, started_at, took_ms, outcome, status, detail,
--              snapshot offset, snapshot length, state, reason], snapshots in $snapshots.
-- Served by the primary keys of delivery and finished; a lease that was lost joins nothing.
insert into finished (
  id, pos, scope, event, route, destination, lane, recipe, revision, message, path, parent, replay_of,
  order_key, order_pos, batch, state, reason, attempts, finished_at,
  attempt, send, started_at, took_ms, outcome, status, detail, key_id, snapshot
)
select
  d.id, $2, d.scope, d.event, d.route, d.destination, d.lane, d.recipe, d.revision, d.message, d.path,
  d.parent, d.replay_of, d.order_key, d.order_pos, d.batch, s.value ->> 12, s.value ->> 13,
  d.attempts + 1, $1,
  s.value ->> 3, s.value ->> 4, s.value ->> 5, s.value ->> 6, s.value ->> 7, s.value ->> 8,
  s.value ->> 9, 0, substr($4, s.value ->> 10, s.value ->> 11)
from jsonb_each($3) s
cross join delivery d
where d.id = s.value ->> 0
  and d.owner = s.value ->> 1
  and d.token = s.value ->> 2;

-- Whose lease was lost: nothing of theirs was written by this commit.
select 1 as result, s.value ->> 0 as delivery
from jsonb_each($3) s
where not exists (select 1 from finished f where f.id = s.value ->> 0 and f.pos = $2);

-- What they hold goes with them, by the trigger kept_goes, but for dead letters.
delete from delivery
where id in (select s.value ->> 0 from jsonb_each($3) s)
  and exists (select 1 from finished f where f.id = delivery.id and f.pos = $2);
