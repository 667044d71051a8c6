-- Served by the primary key, from its start.
select min(minute) from tally;
