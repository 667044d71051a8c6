-- $3: a new hash key, used only by a new database. One row.
insert into installation (id, hash_key, openings, dedupe_hours)
values (1, $3, 0, 0)
on conflict (id) do nothing;

update installation
set openings = openings + 1
where id = 1
returning openings, dedupe_hours;
