-- $keeping: [delivery, owner, token, offset, length, 1 if it is rendered], what is kept in $8.
-- Served by the primary keys of delivery and kept.
insert into kept (delivery, is_rendered, content, key_id)
select d.id, k.value ->> 5, substr($8, k.value ->> 3, k.value ->> 4), 0
from jsonb_each($7) k
cross join delivery d
where d.id = k.value ->> 0
  and d.owner = k.value ->> 1
  and d.token = k.value ->> 2
on conflict (delivery) do update
set is_rendered = excluded.is_rendered, content = excluded.content, key_id = excluded.key_id;

select 1 as result, k.value ->> 0 as delivery
from jsonb_each($7) k
where not exists (
  select 1
  from delivery d
  where d.id = k.value ->> 0
    and d.owner = k.value ->> 1
    and d.token = k.value ->> 2
);
