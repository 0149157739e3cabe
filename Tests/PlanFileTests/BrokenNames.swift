/// Plans whose names and orders are wrong.
let brokenNames: [BrokenPlan] = [
    BrokenPlan(
        title: "tables",
        plan: #"""
            name: a
            source: {uri: service=a}
            target: {uri: service=b}
            hypertables:
              - {table: readings, time-column: t}
              - {table: a.b.c, time-column: t}
              - {table: public.*, time-column: t}
              - {table: public.my table, time-column: t}
              - {table: 'public."a', time-column: t}
              - {table: 'public.""', time-column: t}
              - {table: public., time-column: t}
              - {table: 'public."a"b', time-column: t}
              - {table: public.xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx, time-column: t}

            """#,
        expected: #"""
            plan.yaml:5:13: error: `hypertables.table` cannot be `readings`: the schema is missing [SK029]
                5 |   - {table: readings, time-column: t}
                  |             ^
                It takes a table's name with its schema.
                Did you mean `public.readings`?
            plan.yaml:6:13: error: `hypertables.table` cannot be `a.b.c`: it has 3 parts instead of schema \#
            and name [SK029]
                6 |   - {table: a.b.c, time-column: t}
                  |             ^
                It takes a table's name with its schema.
                A dot inside a name needs quotes: 'public."a.b"'.
            plan.yaml:7:13: error: `hypertables.table` cannot be `public.*`: it must name one object, so `*` \#
            cannot stand [SK029]
                7 |   - {table: public.*, time-column: t}
                  |             ^
                It takes a table's name with its schema.
            plan.yaml:8:13: error: `hypertables.table` cannot be `public.my table`: a blank needs quotes in a \#
            name [SK029]
                8 |   - {table: public.my table, time-column: t}
                  |             ^
                It takes a table's name with its schema.
                Write it in double quotes, and these in single ones: 'public."my table"'.
            plan.yaml:9:13: error: `hypertables.table` cannot be the text `public."a`: a quote is not closed [SK029]
                9 |   - {table: 'public."a', time-column: t}
                  |             ^
                It takes a table's name with its schema.
            plan.yaml:10:13: error: `hypertables.table` cannot be the text `public.""`: a part of the name is \#
            empty [SK029]
               10 |   - {table: 'public.""', time-column: t}
                  |             ^
                It takes a table's name with its schema.
            plan.yaml:11:13: error: `hypertables.table` cannot be `public.`: a part of the name is empty [SK029]
               11 |   - {table: public., time-column: t}
                  |             ^
                It takes a table's name with its schema.
            plan.yaml:12:13: error: `hypertables.table` cannot be the text `public."a"b`: `b` follows a \#
            closing quote [SK029]
               12 |   - {table: 'public."a"b', time-column: t}
                  |             ^
                It takes a table's name with its schema.
                Double a quote inside quotes: "a""b".
            plan.yaml:13:13: error: `hypertables.table` cannot be \#
            `public.xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx…`: a part of it is longer than 63 \#
            bytes, which no PostgreSQL name is [SK029]
               13 |   - {table: public.xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx, \#
            time-column: t}
                  |             ^
                It takes a table's name with its schema.
            """#,
    ),
    BrokenPlan(
        title: "columns",
        plan: #"""
            name: a
            source: {uri: service=a}
            target: {uri: service=b}
            hypertables:
              - table: public.a
                time-column: my time
                space: {column: a.b, partitions: 2}
                primary-key: ["", a]

            """#,
        expected: #"""
            plan.yaml:6:18: error: `hypertables.time-column` cannot be `my time`: a blank needs quotes in a \#
            name [SK029]
                6 |     time-column: my time
                  |                  ^
                It takes a column's name.
                Write it in double quotes, and these in single ones: '"my time"'.
            plan.yaml:7:21: error: `hypertables.space.column` cannot be `a.b`: it has 2 parts where one is \#
            wanted [SK029]
                7 |     space: {column: a.b, partitions: 2}
                  |                     ^
                It takes a column's name.
                A dot inside a name needs quotes: '"a.b"'.
            plan.yaml:8:19: error: an entry of `hypertables.primary-key` takes a column's name, not an empty \#
            text [SK025]
                8 |     primary-key: ["", a]
                  |                   ^
            """#,
    ),
    BrokenPlan(
        title: "patterns",
        plan: #"""
            name: a
            source: {uri: service=a}
            target: {uri: service=b}
            select:
              schemas: {include: [public.a], exclude: [a b]}
              tables: {exclude: [tmp_*]}
              indexes: {exclude: ['public."idx']}

            """#,
        expected: #"""
            plan.yaml:5:23: error: an entry of `select.schemas.include` cannot be `public.a`: it has 2 parts \#
            where one is wanted [SK029]
                5 |   schemas: {include: [public.a], exclude: [a b]}
                  |                       ^
                It takes a schema's name, with `*` and `?` as wildcards.
                A dot inside a name needs quotes: '"a.b"'.
            plan.yaml:5:44: error: an entry of `select.schemas.exclude` cannot be `a b`: a blank needs quotes \#
            in a name [SK029]
                5 |   schemas: {include: [public.a], exclude: [a b]}
                  |                                            ^
                It takes a schema's name, with `*` and `?` as wildcards.
                Write it in double quotes, and these in single ones: '"a b"'.
            plan.yaml:6:22: error: an entry of `select.tables.exclude` cannot be `tmp_*`: the schema is \#
            missing [SK029]
                6 |   tables: {exclude: [tmp_*]}
                  |                      ^
                It takes a table's name with its schema, with `*` and `?` as wildcards.
                Did you mean `public.tmp_*`?
            plan.yaml:7:23: error: an entry of `select.indexes.exclude` cannot be the text `public."idx`: a \#
            quote is not closed [SK029]
                7 |   indexes: {exclude: ['public."idx']}
                  |                       ^
                It takes an index's name with its schema, with `*` and `?` as wildcards.
            """#,
    ),
    BrokenPlan(
        title: "orders",
        plan: #"""
            name: a
            source: {uri: service=a}
            target: {uri: service=b}
            hypertables:
              - table: public.a
                time-column: t
                columnstore:
                  order-by:
                    - time descending
                    - time desc nulls
                    - a, b desc
                    - "time desc, b"

            """#,
        expected: #"""
            plan.yaml:9:11: error: an entry of `hypertables.columnstore.order-by` cannot be `time \#
            descending`: `descending` is not an order [SK030]
                9 |         - time descending
                  |           ^
                It takes a column and its order, such as `time desc`.
                Write `column [asc|desc] [nulls first|nulls last]`.
            plan.yaml:10:11: error: an entry of `hypertables.columnstore.order-by` cannot be `time desc \#
            nulls`: `nulls` is not an order [SK030]
               10 |         - time desc nulls
                  |           ^
                It takes a column and its order, such as `time desc`.
                Write `column [asc|desc] [nulls first|nulls last]`.
            plan.yaml:11:11: error: an entry of `hypertables.columnstore.order-by` cannot be `a, b desc`: it \#
            names more than one column [SK030]
               11 |         - a, b desc
                  |           ^
                It takes a column and its order, such as `time desc`.
                Give each column an entry of its own: [device_id, time desc].
            plan.yaml:12:11: error: an entry of `hypertables.columnstore.order-by` cannot be the text `time \#
            desc, b`: it names more than one column [SK030]
               12 |         - "time desc, b"
                  |           ^
                It takes a column and its order, such as `time desc`.
                Give each column an entry of its own: [device_id, time desc].
            """#,
    ),
    BrokenPlan(
        title: "plan names",
        plan: #"""
            name: IoT Production
            source: {uri: service=a}
            target: {uri: service=b}

            """#,
        expected: #"""
            plan.yaml:1:7: error: `name` cannot be `IoT Production`: it cannot hold `I` [SK031]
                1 | name: IoT Production
                  |       ^
                It takes a name such as `iot-production`.
                Use lower-case letters, digits, `-` and `_`: the name becomes part of the slot's name.
            """#,
    ),
    BrokenPlan(
        title: "a plan name too long",
        plan: #"""
            name: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa
            source: {uri: service=a}
            target: {uri: service=b}

            """#,
        expected: #"""
            plan.yaml:1:7: error: `name` cannot be `aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa`: it is \#
            longer than 48 characters [SK031]
                1 | name: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa
                  |       ^
                It takes a name such as `iot-production`.
                The slot's name, made from it, must fit PostgreSQL's 63 bytes.
            """#,
    ),
]
