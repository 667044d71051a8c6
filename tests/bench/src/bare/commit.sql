-- One commit. $1: accepted events [id, received_at_ms, offset, length, pending], $2: their bodies end to
-- end, $3: ended deliveries [event, ended_at_ms, status]. Every row is found by its primary key.
begin immediate;

delete from pending
where event in (select value ->> 0 from json_each($3));

insert into attempt (event, ended_at_ms, status)
select value ->> 0, value ->> 1, value ->> 2
from json_each($3);

insert into event (id, received_at_ms, body)
select value ->> 0, value ->> 1, substr($2, value ->> 2, value ->> 3)
from json_each($1);

insert into pending (event)
select value ->> 0
from json_each($1)
where value ->> 4;

commit;
