-- Served by the primary keys of kept, delivery and event; the body is read only where it is the event's.
select k.content, e.body
from kept k
join delivery d on d.id = k.delivery
join event e on e.id = d.event
where k.delivery = $1;
