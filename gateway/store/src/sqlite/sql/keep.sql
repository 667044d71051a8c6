-- $keeping: [delivery, owner, token, offset, length], rendered messages in $8.
-- Served by the primary keys of delivery and kept.
insert into kept (delivery, rendered, key_id)
select d.id, substr($8, k.value ->> 3, k.value ->> 4), 0
from jsonb_each($7) k
cross join delivery d
where d.id = k.value ->> 0
  and d.owner = k.value ->> 1
  and d.token = k.value ->> 2
on conflict (delivery) do update set rendered = excluded.rendered, key_id = excluded.key_id;

select 1 as result, k.value ->> 0 as delivery
from jsonb_each($7) k
where not exists (
  select 1
  from delivery d
  where d.id = k.value ->> 0
    and d.owner = k.value ->> 1
    and d.token = k.value ->> 2
);
