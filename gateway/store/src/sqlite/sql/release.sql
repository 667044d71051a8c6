-- $releasing: [delivery, owner, token]. Served by the primary key of delivery. Nothing is counted.
update delivery
set due = $1,
    owner = null,
    token = null
from jsonb_each($9) r
where delivery.id = r.value ->> 0
  and delivery.owner = r.value ->> 1
  and delivery.token = r.value ->> 2;
