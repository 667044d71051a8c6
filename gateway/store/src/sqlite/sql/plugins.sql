-- $1: scope. Served by the primary keys; of a file only the size is read.
select
  c.name, c.digest as active, coalesce(a.origin, '') as origin, v.digest, v.at, length(b.bytes) as bytes,
  v.origin as version_origin, v.manifest, 0 as is_configured
from component c
left join component_version a on a.scope = c.scope and a.name = c.name and a.digest = c.digest
left join component_version v on v.scope = c.scope and v.name = c.name
left join plugin_blob b on b.digest = v.digest
where c.scope = $1
union all
select p.name, p.digest, p.origin, p.digest, p.at, length(b.bytes), p.origin, '', 1
from plugin p
left join plugin_blob b on b.digest = p.digest
where p.scope = $1
  and (p.origin = 'file' or not exists (select 1 from component c where c.scope = $1 and c.name = p.name))
order by 1, 9, 5 desc, 4;
