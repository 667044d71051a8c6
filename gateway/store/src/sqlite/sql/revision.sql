-- Served by revision_pos.
select digest
from revision
where scope = $1
order by pos desc
limit 1;
