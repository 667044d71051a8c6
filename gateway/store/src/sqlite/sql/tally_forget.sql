-- $3: the oldest minute that is kept; $4: rows at most, but for the rest of a minute.
-- Served by the primary key: a range of it is deleted.
delete from tally
where minute < $3
  and minute <= coalesce((select t.minute from tally t order by t.minute limit 1 offset $4), $3);
