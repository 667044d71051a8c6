-- One row: proves that the file answers.
select openings from installation;
