-- $3: scope; $4: the plugin's name; $5: digest; $6: the file; $7: origin. Served by the primary keys.
insert into plugin_blob (digest, bytes, at)
values ($5, $6, $1)
on conflict (digest) do nothing;

-- Another component than before: what waited for a repair is due. Served by delivery_held.
update delivery
set due = $1,
    plugin_tries = min(plugin_tries, 1)
where scope = $3
  and owner is null
  and due is null
  and exists (select 1 from plugin p where p.scope = $3 and p.name = $4 and p.digest <> $5)
  and recipe in (
    select r.digest
    from recipe r, json_each(r.json, '$.stages') s
    where s.value ->> 'plugin' = $4
  );

insert into plugin (scope, name, digest, origin, at)
values ($3, $4, $5, $7, $1)
on conflict (scope, name) do update
set digest = excluded.digest, origin = excluded.origin, deleted = 0, at = excluded.at;
