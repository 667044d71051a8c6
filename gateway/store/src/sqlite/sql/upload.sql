-- $3: scope; $4: name; $5: digest; $6: the file; $7: origin; $8: manifest; $9: actor; $10: versions that are
-- kept beside the active one. Nothing is written of an embedded one that was removed.
-- Served by the primary keys.
insert into plugin_blob (digest, bytes, at)
select $5, $6, $1
where $7 <> 'embedded'
   or not exists (select 1 from component c where c.scope = $3 and c.name = $4 and c.embedded_removed = 1)
on conflict (digest) do nothing;

insert into component_version (scope, name, digest, origin, manifest, at)
select $3, $4, $5, $7, $8, $1
where $7 <> 'embedded'
   or not exists (select 1 from component c where c.scope = $3 and c.name = $4 and c.embedded_removed = 1)
on conflict (scope, name, digest) do nothing;

insert into audit (pos, scope, actor, at, what, subject, detail)
select $2, $3, $9, $1, 'plugin.upload', $4, lower(hex($5))
where changes() > 0;

-- The first of a name is active at once; an embedded one takes the place of an embedded one.
insert into component (scope, name, digest, at)
values ($3, $4, $5, $1)
on conflict (scope, name) do update
set digest = excluded.digest, at = excluded.at
where ($7 <> 'embedded' or embedded_removed = 0)
  and (
    digest is null
    or $7 = 'embedded' and exists (
      select 1
      from component_version v
      where v.scope = $3
        and v.name = $4
        and v.digest = component.digest
        and v.origin = 'embedded'
    )
  );

delete from component_version
where scope = $3
  and name = $4
  and digest <> coalesce((select c.digest from component c where c.scope = $3 and c.name = $4), x'')
  and digest not in (
    select v.digest
    from component_version v
    where v.scope = $3
      and v.name = $4
    order by v.at desc, v.digest
    limit $10
  );

select c.digest is $5, $7 = 'embedded' and c.embedded_removed = 1
from component c
where c.scope = $3
  and c.name = $4;
