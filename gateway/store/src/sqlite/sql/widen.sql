-- $3: hours. Keys are kept for the longest window that was ever asked for. One row.
update installation
set dedupe_hours = $3
where dedupe_hours < $3;
