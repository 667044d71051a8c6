-- $3: scope; $4: name; $5: actor. What stands before decides what it comes to. Its file stays for the
-- deliveries that pinned it. Served by the primary keys.
select
  exists (select 1 from component c where c.scope = $3 and c.name = $4 and c.digest is not null) as is_known,
  exists (select 1 from plugin p where p.scope = $3 and p.name = $4 and p.origin = 'file') as is_file;

update component
set digest = null,
    at = $1,
    embedded_removed = embedded_removed = 1 or exists (
      select 1
      from component_version v
      where v.scope = $3
        and v.name = $4
        and v.origin = 'embedded'
    )
where scope = $3
  and name = $4
  and digest is not null;

insert into audit (pos, scope, actor, at, what, subject)
select $2, $3, $5, $1, 'plugin.remove', $4
where changes() > 0;

delete from component_version
where scope = $3
  and name = $4;

delete from component
where scope = $3
  and name = $4
  and embedded_removed = 0;
