-- $3: scope; $4: name; $5: digest; $6: actor. What stands before decides what it comes to.
-- Served by the primary keys.
select
  exists (select 1 from component c where c.scope = $3 and c.name = $4 and c.digest is not null) as is_known,
  exists (select 1 from plugin p where p.scope = $3 and p.name = $4 and p.origin = 'file') as is_file,
  exists (
    select 1
    from component_version v
    where v.scope = $3
      and v.name = $4
      and v.digest = $5
  ) as has_version;

update component
set digest = $5, at = $1
where scope = $3
  and name = $4
  and digest is not null
  and exists (select 1 from component_version v where v.scope = $3 and v.name = $4 and v.digest = $5);

insert into audit (pos, scope, actor, at, what, subject, detail)
select $2, $3, $6, $1, 'plugin.activate', $4, lower(hex($5))
where changes() > 0;
