-- Reads all: there are as many as things that are held.
select scope, kind, subject, fact, reason, since, until, actor
from control
order by scope, kind, subject, fact;
