-- $3: the owner. Reads the live table once: the owner stands in no index. Nothing is counted.
update delivery
set due = $1,
    owner = null,
    token = null
where owner = $3;

-- Served by the primary key of node.
update node
set lives = 0
where number = $3 >> 40
  and incarnation = $3 & 1099511627775
  and lives = 1;
