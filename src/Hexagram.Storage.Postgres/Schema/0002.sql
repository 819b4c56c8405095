-- Version 2: in which database this store is at home, and what one server at a time does for all. Servers of version 1 that still run know nothing of either, and need not.

-- One row. In a restored dump, or in a copy, it names the database that the history went on in: this one needs a new epoch first.
CREATE TABLE home (
    only_one boolean PRIMARY KEY DEFAULT true CHECK (only_one),
    database text NOT NULL
);

-- Forgetting, for one: when somebody last began, and until when it is theirs. By the clock of the database, which all servers share.
CREATE TABLE turns (
    what text COLLATE "C" PRIMARY KEY,
    began_at timestamptz NOT NULL,
    held_until timestamptz NOT NULL
);
