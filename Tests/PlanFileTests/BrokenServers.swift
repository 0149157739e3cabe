/// Plans whose connection strings are wrong, or hold a password.
let brokenServers: [BrokenPlan] = [
    BrokenPlan(
        title: "a password in a URI",
        plan: #"""
            name: a
            source:
              uri: postgresql://me:s3cret@host/db
            target: {uri: service=b}

            """#,
        isUsable: true,
        expected: #"""
            plan.yaml:3:8: warning: a password is written in the plan [SK039]
                3 |   uri: postgresql://me:****@host/db
                  |        ^
                Whoever reads the file can use it, and it stays in the history of the repository.
                Write the URI as `${SOURCE_URI}`, or leave the password to `~/.pgpass` or a service.
            """#,
    ),
    BrokenPlan(
        title: "a password as a parameter",
        plan: #"""
            name: a
            source:
              uri: postgresql://me@host/db?sslmode=require&password=s3cret
            target: {uri: service=b}

            """#,
        isUsable: true,
        expected: #"""
            plan.yaml:3:8: warning: a password is written in the plan [SK039]
                3 |   uri: postgresql://me@host/db?sslmode=require&password=****
                  |        ^
                Whoever reads the file can use it, and it stays in the history of the repository.
                Write the URI as `${SOURCE_URI}`, or leave the password to `~/.pgpass` or a service.
            """#,
    ),
    BrokenPlan(
        title: "a password in a keyword string",
        plan: #"""
            name: a
            source:
              uri: host=a password='s3 cret' dbname=b
            target: {uri: service=b}

            """#,
        isUsable: true,
        expected: #"""
            plan.yaml:3:8: warning: a password is written in the plan [SK039]
                3 |   uri: host=a password=**** dbname=b
                  |        ^
                Whoever reads the file can use it, and it stays in the history of the repository.
                Write the URI as `${SOURCE_URI}`, or leave the password to `~/.pgpass` or a service.
            """#,
    ),
    BrokenPlan(
        title: "a password in a fallback",
        plan: #"""
            name: a
            source:
              uri: ${SOURCE_URI:-postgresql://me:s3cret@host/db}
            target: {uri: service=b}

            """#,
        isUsable: true,
        expected: #"""
            plan.yaml:3:8: warning: a password is written in the plan [SK039]
                3 |   uri: ${SOURCE_URI:-postgresql://me:****@host/db}
                  |        ^
                Whoever reads the file can use it, and it stays in the history of the repository.
                Write the URI as `${SOURCE_URI}`, or leave the password to `~/.pgpass` or a service.
            """#,
    ),
    BrokenPlan(
        title: "another kind of server",
        plan: #"""
            name: a
            source:
              uri: mysql://me@host/db
            target: {uri: service=b}

            """#,
        expected: #"""
            plan.yaml:3:8: error: `source.uri` is no connection string: its scheme is not `postgresql:` [SK032]
                3 |   uri: ****
                  |        ^
                Write `postgresql://user@host:5432/database`, `host=… dbname=…` or `service=NAME`.
            """#,
    ),
    BrokenPlan(
        title: "a JDBC address",
        plan: #"""
            name: a
            source:
              uri: jdbc:postgresql://host/db?user=me&password=s3cret
            target: {uri: service=b}

            """#,
        expected: #"""
            plan.yaml:3:8: error: `source.uri` is no connection string: its scheme is not `postgresql:` [SK032]
                3 |   uri: ****
                  |        ^
                Remove `jdbc:`; user and password go before the host.
            """#,
    ),
    BrokenPlan(
        title: "no connection string",
        plan: #"""
            name: a
            source:
              uri: production
            target: {uri: service=b}

            """#,
        expected: #"""
            plan.yaml:3:8: error: `source.uri` is no connection string: a `=` is missing in it [SK032]
                3 |   uri: ****
                  |        ^
                Write `postgresql://user@host:5432/database`, `host=… dbname=…` or `service=NAME`.
            """#,
    ),
    BrokenPlan(
        title: "a word without its value",
        plan: #"""
            name: a
            source:
              uri: host=a s3cret
            target: {uri: service=b}

            """#,
        expected: #"""
            plan.yaml:3:8: error: `source.uri` is no connection string: a `=` is missing in it [SK032]
                3 |   uri: ****
                  |        ^
                Write `postgresql://user@host:5432/database`, `host=… dbname=…` or `service=NAME`.
            """#,
    ),
    BrokenPlan(
        title: "a quote that is not closed in a keyword string",
        plan: #"""
            name: a
            source:
              uri: host=a password='s3cret
            target: {uri: service=b}

            """#,
        expected: #"""
            plan.yaml:3:8: error: `source.uri` is no connection string: a quoted value is not closed in it [SK032]
                3 |   uri: ****
                  |        ^
                Write `postgresql://user@host:5432/database`, `host=… dbname=…` or `service=NAME`.
            """#,
    ),
    BrokenPlan(
        title: "a password that is not encoded 1",
        plan: #"""
            name: a
            source:
              uri: postgresql://me:s3@cret@host/db
            target: {uri: service=b}

            """#,
        expected: #"""
            plan.yaml:3:8: error: `source.uri` is no connection string: user or password hold a character to \#
            encode [SK032]
                3 |   uri: ****
                  |        ^
                Write `%40` for `@`, `%3A` for `:`, `%2F` for `/` and `%25` for `%` in user and password.
            """#,
    ),
    BrokenPlan(
        title: "a password that is not encoded 2",
        plan: #"""
            name: a
            source:
              uri: postgresql://me:s3/cret@host/db
            target: {uri: service=b}

            """#,
        expected: #"""
            plan.yaml:3:8: error: `source.uri` is no connection string: a port is not a number from 1 to \#
            65535 [SK032]
                3 |   uri: ****
                  |        ^
                Write `%40` for `@`, `%3A` for `:`, `%2F` for `/` and `%25` for `%` in user and password.
            """#,
    ),
    BrokenPlan(
        title: "a password that is not encoded 3",
        plan: #"""
            name: a
            source:
              uri: postgresql://me:s3%cret@host/db
            target: {uri: service=b}

            """#,
        expected: #"""
            plan.yaml:3:8: error: `source.uri` is no connection string: a `%` in it is not followed by two \#
            hexadecimal digits [SK032]
                3 |   uri: ****
                  |        ^
                Write `%40` for `@`, `%3A` for `:`, `%2F` for `/` and `%25` for `%` in user and password.
            """#,
    ),
    BrokenPlan(
        title: "a password that is not encoded 4",
        plan: #"""
            name: a
            source:
              uri: postgresql://me:s3:cret@host/db
            target: {uri: service=b}

            """#,
        expected: #"""
            plan.yaml:3:8: error: `source.uri` is no connection string: user or password hold a character to \#
            encode [SK032]
                3 |   uri: ****
                  |        ^
                Write `%40` for `@`, `%3A` for `:`, `%2F` for `/` and `%25` for `%` in user and password.
            """#,
    ),
    BrokenPlan(
        title: "a port that is no number",
        plan: #"""
            name: a
            source:
              uri: postgresql://host:54x/db
            target: {uri: service=b}

            """#,
        expected: #"""
            plan.yaml:3:8: error: `source.uri` is no connection string: a port is not a number from 1 to \#
            65535 [SK032]
                3 |   uri: ****
                  |        ^
                Write `%40` for `@`, `%3A` for `:`, `%2F` for `/` and `%25` for `%` in user and password.
            """#,
    ),
    BrokenPlan(
        title: "an address that is not closed",
        plan: #"""
            name: a
            source:
              uri: postgresql://[::1/db
            target: {uri: service=b}

            """#,
        expected: #"""
            plan.yaml:3:8: error: `source.uri` is no connection string: the `[` of an IPv6 address is not \#
            closed [SK032]
                3 |   uri: ****
                  |        ^
            """#,
    ),
    BrokenPlan(
        title: "a parameter without a value",
        plan: #"""
            name: a
            source:
              uri: postgresql://host/db?sslmode
            target: {uri: service=b}

            """#,
        expected: #"""
            plan.yaml:3:8: error: `source.uri` is no connection string: its parameters are not of the form \#
            `keyword=value` [SK032]
                3 |   uri: ****
                  |        ^
                Write `?sslmode=require&connect_timeout=10`.
            """#,
    ),
    BrokenPlan(
        title: "a URI cut over two lines",
        plan: #"""
            name: a
            source:
              uri: "postgresql://me:s3cret
                more@host:x/db"
            target: {uri: service=b}

            """#,
        expected: #"""
            plan.yaml:3:8: error: `source.uri` is no connection string: a port is not a number from 1 to \#
            65535 [SK032]
                3 |   uri: ****
                  |        ^
                Write `%40` for `@`, `%3A` for `:`, `%2F` for `/` and `%25` for `%` in user and password.
            """#,
    ),
    BrokenPlan(
        title: "a number",
        plan: #"""
            name: a
            source:
              uri: 5432
            target: {uri: service=b}

            """#,
        expected: #"""
            plan.yaml:3:8: error: `source.uri` takes a connection string, not the number `5432` [SK013]
                3 |   uri: 5432
                  |        ^
                Put it in quotes if it is meant as a text: "5432".
            """#,
    ),
    BrokenPlan(
        title: "an empty text",
        plan: #"""
            name: a
            source:
              uri: ""
            target: {uri: service=b}

            """#,
        expected: #"""
            plan.yaml:3:8: error: `source.uri` takes a connection string, not an empty text [SK025]
                3 |   uri: ""
                  |        ^
            """#,
    ),
    BrokenPlan(
        title: "a password where a key is unknown",
        plan: #"""
            name: a
            source:
              uri: service=a
              password: s3cret
            target: {uri: service=b}

            """#,
        expected: #"""
            plan.yaml:4:3: error: unknown key `password` in `source` [SK012]
                4 |   password: ****
                  |   ^
                `source` takes `uri` and `provider`.
            """#,
    ),
]
