extension PlanCode {
    /// A paragraph for people: why the rule exists, and what to do. One line.
    package var explanation: String { aboutFile ?? aboutText ?? aboutValue }

    /// Of codes about the file as a file.
    private var aboutFile: String? {
        switch self {
        case .noSuchFile:
            """
            The plan, or a plan that it `extends`, is not where the command looks: paths on the command line are \
            relative to the folder you are in, those of `extends` to the folder of the file that says so. Correct the \
            path.
            """
        case .notARegularFile:
            """
            Later runs and saved plans come back to the file by its path, so it must be a regular one: pipes and \
            process substitution do not serve. Write it to a file first.
            """
        case .unreadable:
            "The system refused to read the file; its own sentence says why. Mostly the permissions: `chmod u+r` it."
        case .tooLarge:
            """
            A plan is at most 1 MB; something else was probably given in its place, such as a dump. Large selections \
            are said by patterns (`public.tmp_*`) rather than name by name.
            """
        case .notUTF8: "Plans are UTF-8, so that names are the same bytes everywhere. Save the file as UTF-8."
        case .controlCharacter:
            """
            A NUL or another control character has got into the file, mostly from copying out of a terminal or a word \
            processor. Delete it; the message says where it is.
            """
        case .emptyFile:
            """
            The file has no keys, or comments only. The smallest plan has `version`, `name`, `source.uri` and \
            `target.uri`; the message shows it.
            """
        case .extendsCycle:
            "Plan A extends B, which extends A in turn, so no keys could ever be settled. Remove one `extends`."
        case .extendsChain: "At most 16 plans extend one another; longer chains are mistakes. Merge some of them."
        case .tooManyFindings:
            "The first 1000 findings are shown; mostly they have one cause. Mend the first ones and validate again."
        default: nil
        }
    }

    /// Of codes about YAML, before any key is understood.
    private var aboutText: String? {
        switch self {
        case .syntax:
            """
            The text is not YAML; the message shows the place and, where it can be told, what was meant. Frequent: a \
            missing blank behind a colon, a value that begins with `*`, `@` or `%` and needs quotes, entries that are \
            not indented alike.
            """
        case .tab: "YAML forbids tabs in indentation. Indent with spaces."
        case .severalDocuments:
            "A line `---` begins a second document, which would be ignored on the quiet. One file holds one plan."
        case .duplicateKey:
            """
            The same key stands twice in one mapping; YAML leaves open which counts, so neither does. Keep one of them.
            """
        case .tooDeep: "No plan nests deeper than 32 levels. Something else was probably given in its place."
        case .tooManyValues:
            """
            More than 100,000 values, counting what aliases repeat: this guards against files that are small and \
            unfold without end. Use patterns (`public.tmp_*`) for long lists.
            """
        case .unknownAlias:
            """
            `*name` repeats what `&name` marked before it, and nothing is marked so. A pattern that begins with `*` \
            needs quotes: `"*_old"`.
            """
        case .mergeKey:
            "`<<` is not part of the plan language. `extends` completes one plan by another; lists may use anchors."
        case .tag: "YAML tags (`!!str`, `!Ref`) have no meaning in a plan. Remove it; put texts in quotes instead."
        case .keyNotText: "A key must be a plain text: no list, no mapping, no alias, no tag in its place."
        case .tooLong: "No text of a plan is longer than 8192 bytes, with its variables put in. Shorten it."
        default: nil
        }
    }

    /// Of codes about keys and what they are given.
    private var aboutValue: String {
        switch self {
        case .unknownKey:
            """
            A misspelt key would otherwise be ignored, and the migration would do something else than the plan says. \
            The message names the key that was probably meant, or where it belongs; `schemas/plan-keys.md` lists all.
            """
        case .wrongType:
            """
            The key takes a value of another type, such as a list or a number; the message says which. Texts that YAML \
            takes for numbers or booleans need quotes.
            """
        case .missingKey:
            """
            A required key is missing: `name`, `source.uri` and `target.uri` everywhere, and what each entry needs. A \
            plan that extends another may leave to that one what it says.
            """
        case .unsetVariable:
            """
            `${NAME}` is filled from the environment, and an unset variable is not taken for an empty one. Set it, or \
            write `${NAME:-fallback}`.
            """
        case .malformedVariable:
            """
            Variables are written `${NAME}` or `${NAME:-fallback}`; a literal `${` is written `$${`.
            """
        case .noValue:
            """
            The key stands there without a value, which could mean its default or a forgotten line. Give it a value, \
            or remove the key.
            """
        case .notAChoice: "The key takes one of a few words; the message lists them, and says which was probably meant."
        case .malformedDuration:
            "Durations are a number and a unit: `30 s`, `10 min`, `12 hours`, `7 days`, `3 months`, `2 years`."
        case .malformedSize: "Sizes are a whole number and a unit of 1024: `512 MB`, `10 GB`, `2 TB`."
        case .malformedName:
            """
            Names are written as in SQL: `schema.table`, folded to lower case unless in double quotes, as in \
            `public."Readings"`. Patterns may hold `*` and `?`.
            """
        case .malformedOrder:
            "An entry of `order-by` is one column and its direction: `time desc`, `time asc nulls first`."
        case .malformedPlanName:
            """
            The migration's name becomes part of the slot's, the publications' and the state's names, so it is made of \
            lower-case letters, digits, `-` and `_`, at most 48 of them.
            """
        case .malformedURI:
            """
            `uri` takes what libpq takes: a URI (`postgresql://user@host:5432/database`), keywords (`host=… \
            dbname=…`), or `service=…`. Characters such as `@` or `/` in a URI's parts are written as `%40`, `%2F`.
            """
        case .malformedIdentity:
            """
            `replication.identity` takes `full` (all columns name a row), `index NAME` (a unique index on columns that \
            are NOT NULL), or `inserts-only`.
            """
        case .outOfRange: "The number is outside of what the key takes; the message names the range."
        case .unknownVersion:
            """
            The plan was written for a newer plan language, whose keys might mean something else. Use a Skein that \
            knows it.
            """
        case .namedTwice:
            """
            The same table or column is named twice, so that two things would be said of it. Names without quotes fold \
            to lower case, so `Readings` and `readings` are the same. Keep one.
            """
        case .contradiction: "Two keys exclude each other; the message names both. Remove one of them."
        case .keyLacksColumn:
            """
            TimescaleDB keeps each chunk's rows apart by time (and by the space column), and can enforce a key within a \
            chunk only: a primary key must hold all of these columns. Add the missing column to `primary-key`.
            """
        case .passwordInFile:
            """
            Plans are meant to be checked in, and a password in one stays in the repository's history. Write the URI \
            as a variable (`${SOURCE_URI}`), or leave the password to `~/.pgpass`, `PGPASSWORD` or a libpq service. \
            This is a warning: the plan works.
            """
        default: "\(meaning)."
        }
    }
}
