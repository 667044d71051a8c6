-- $3: how often a delivery is lost before it is abandoned; $4: its reason; $5: its state.
-- On SQLite the file lock is the lease: whoever enters holds it, so every earlier incarnation is dead.
-- Served by the primary key of node; the look for what the dead held reads the live table once.
insert into node (number, incarnation, beat, lives)
values (0, 1, $1, 1)
on conflict (number) do update set incarnation = incarnation + 1, beat = excluded.beat, lives = 1;

-- What is rendered already says nothing of its plugins when it is lost.
insert into temp.adopted (delivery, counted)
select d.id, not exists (select 1 from kept k where k.delivery = d.id and k.is_rendered = 1)
from delivery d
where d.owner is not null
  and d.owner <> (select n.number << 40 | n.incarnation from node n where n.number = 0);

insert into finished (
  id, pos, scope, event, route, destination, lane, recipe, revision, message, path, parent, replay_of,
  order_key, order_pos, batch, state, reason, attempts, finished_at, key_id
)
select
  d.id, $2, d.scope, d.event, d.route, d.destination, d.lane, d.recipe, d.revision, d.message, d.path,
  d.parent, d.replay_of, d.order_key, d.order_pos, d.batch, $5, $4, d.attempts, $1, 0
from temp.adopted a
cross join delivery d
where d.id = a.delivery
  and a.counted
  and d.lost + 1 >= $3;

delete from delivery
where id in (select a.delivery from temp.adopted a where a.counted)
  and lost + 1 >= $3;

update delivery
set lost = lost + (select a.counted from temp.adopted a where a.delivery = delivery.id),
    due = $1,
    owner = null,
    token = null
where id in (select a.delivery from temp.adopted a);

select
  (select n.number << 40 | n.incarnation from node n where n.number = 0) as owner,
  changes() as adopted,
  i.hash_key,
  max(
    coalesce((select max(id) from event), 0),
    coalesce((select max(id) from delivery), 0),
    coalesce((select max(id) from finished), 0),
    coalesce((select max(id) from attempt), 0)
  ) as id_max
from installation i;

delete from temp.adopted;
