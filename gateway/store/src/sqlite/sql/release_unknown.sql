-- $3: the owner; $4: [token] of each that is noted; $5: tokens from this one on are younger than the notes.
-- Reads the live table once: the owner stands in no index.
update delivery
set due = $1,
    owner = null,
    token = null
where owner = $3
  and token < $5
  and token not in (select n.value ->> 0 from json_each($4) n);

select changes() as released;
