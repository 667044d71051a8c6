-- $3: scope; $4: the plugin's name; $5: digest; $6: the file; $7: origin; $8: the name as an integer. Served by the primary keys.
insert into plugin_blob (digest, bytes, at)
values ($5, $6, $1)
on conflict (digest) do nothing;

-- Another component than before: what waited for it is due. Served by delivery_held_for.
update delivery
set due = $1,
    plugin_tries = min(plugin_tries, 1)
where scope = $3
  and owner is null
  and due is null
  and held_for = $8
  and exists (select 1 from plugin p where p.scope = $3 and p.name = $4 and p.digest <> $5);

insert into plugin (scope, name, digest, origin, at)
values ($3, $4, $5, $7, $1)
on conflict (scope, name) do update
set digest = excluded.digest, origin = excluded.origin, at = excluded.at;
