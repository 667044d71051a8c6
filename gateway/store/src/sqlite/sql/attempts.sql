-- $1: scope; $2: the delivery. Served by attempt_delivery and the primary keys of finished, delivery and event.
with tries as (
  select a.id, a.started_at, a.took_ms, a.outcome, a.status, a.detail, a.snapshot
  from attempt a
  where a.delivery = $2
    and a.scope = $1
  union all
  select f.attempt, f.started_at, f.took_ms, f.outcome, f.status, f.detail, f.snapshot
  from finished f
  where f.id = $2
    and f.scope = $1
    and f.attempt is not null
)
select t.id, t.started_at, t.took_ms, t.outcome, t.status, t.detail, t.snapshot, e.body
from tries t
left join event e on e.id = coalesce(
  (select f.event from finished f where f.id = $2),
  (select d.event from delivery d where d.id = $2)
)
order by t.started_at, t.id;
