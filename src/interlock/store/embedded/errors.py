"""What can go wrong with the embedded PostgreSQL. Every message says what was found and what to do next.

EmbeddedPostgresError
├── BinariesError        PostgreSQL's programs are absent or cannot be run here
├── AccountError         we are root, and no account can be found or made to run PostgreSQL as
├── DataDirError         the data folder is foreign, unwritable, gone or somebody else's
│   └── VersionError     its cluster was made by another major version of PostgreSQL
├── DiskFullError        there was no room left while making or starting the cluster
└── ServerError          PostgreSQL did not start, did not stop, or refused a setting
"""


class EmbeddedPostgresError(Exception):
    """The root of the tree above."""


class BinariesError(EmbeddedPostgresError):
    pass


class AccountError(EmbeddedPostgresError):
    pass


class DataDirError(EmbeddedPostgresError):
    pass


class VersionError(DataDirError):
    pass


class DiskFullError(EmbeddedPostgresError):
    pass


class ServerError(EmbeddedPostgresError):
    pass
