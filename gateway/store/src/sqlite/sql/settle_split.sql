-- $split children: [delivery, parent, route, destination, lane, message, path, bytes, recipe offset, recipe
--                   length, offset and length of what it holds, 1 if that is rendered], the recipes and what
--                   is held in $held. A parent whose lease was lost has no row of this commit, and no children.
-- Served by the primary key of finished.
insert into delivery (
  id, scope, event, route, destination, lane, recipe, revision, due, message, path, parent, bytes
)
select
  c.value ->> 0, f.scope, f.event, c.value ->> 2, c.value ->> 3, c.value ->> 4,
  substr($22, c.value ->> 8, c.value ->> 9), f.revision, $1, c.value ->> 5, c.value ->> 6, f.id,
  c.value ->> 7
from jsonb_each($21) c
cross join finished f
where f.id = c.value ->> 1
  and f.pos = $2;

insert into kept (delivery, is_rendered, content, key_id)
select c.value ->> 0, c.value ->> 12, substr($22, c.value ->> 10, c.value ->> 11), 0
from jsonb_each($21) c
cross join finished f
where f.id = c.value ->> 1
  and f.pos = $2
  and c.value ->> 10 is not null;
