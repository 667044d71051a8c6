-- $1: scope; $2: name. Served by the primary keys.
select c.digest, b.bytes, v.origin
from component c
join component_version v on v.scope = c.scope and v.name = c.name and v.digest = c.digest
join plugin_blob b on b.digest = c.digest
where c.scope = $1
  and c.name = $2;
