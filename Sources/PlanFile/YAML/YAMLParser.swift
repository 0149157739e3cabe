private import CLibYAML

/// A place in a YAML text, both from 1; columns count Unicode scalars.
struct YAMLMark: Hashable, Sendable {
    var line: Int
    var column: Int
}

/// What libyaml could not make sense of.
struct YAMLSyntaxError: Error, Hashable {
    /// libyaml's words, such as `mapping values are not allowed in this context`.
    var problem: String
    var mark: YAMLMark
    /// What it was reading then, such as `while parsing a block mapping`, and where that began.
    var context: String?
    var contextMark: YAMLMark?
}

/// One event of libyaml's stream, with its text copied out of libyaml's memory.
struct YAMLEvent: Sendable {
    enum Kind: Sendable {
        case streamStart, streamEnd, documentStart, documentEnd
        case alias(String)
        case scalar(text: String, isPlain: Bool)
        case sequenceStart, sequenceEnd, mappingStart, mappingEnd
    }
    var kind: Kind
    var start: YAMLMark
    var anchor: String?
    var tag: String?
}

/// libyaml's event parser over UTF-8 bytes that were checked before (`SourceText`). The only file that knows libyaml.
@safe struct YAMLParser: ~Copyable {
    /// libyaml keeps the pointer to its input, so both live as long as the parser.
    private let input: UnsafeMutableBufferPointer<UInt8>
    private let parser: UnsafeMutablePointer<yaml_parser_t>
    private let isReady: Bool

    init(_ bytes: [UInt8]) {
        unsafe input = .allocate(capacity: bytes.count)
        _ = unsafe input.initialize(from: bytes)
        unsafe parser = .allocate(capacity: 1)
        unsafe parser.initialize(to: yaml_parser_t())
        isReady = unsafe yaml_parser_initialize(parser) != 0
        if isReady {
            unsafe yaml_parser_set_encoding(parser, YAML_UTF8_ENCODING)
            unsafe yaml_parser_set_input_string(parser, input.baseAddress, input.count)
        }
    }

    deinit {
        if isReady { unsafe yaml_parser_delete(parser) }
        unsafe parser.deinitialize(count: 1)
        unsafe parser.deallocate()
        unsafe input.deallocate()
    }

    /// The next event. After `streamEnd` or an error there is nothing more to ask for.
    mutating func next() throws(YAMLSyntaxError) -> YAMLEvent {
        guard isReady else { throw YAMLSyntaxError(problem: "out of memory", mark: YAMLMark(line: 1, column: 1)) }
        var event = unsafe yaml_event_t()
        guard unsafe yaml_parser_parse(parser, &event) != 0 else { throw syntaxError() }
        defer { unsafe yaml_event_delete(&event) }
        return unsafe Self.copied(event)
    }

    private func syntaxError() -> YAMLSyntaxError {
        let state = unsafe parser.pointee
        if unsafe state.error == YAML_MEMORY_ERROR {
            return YAMLSyntaxError(problem: "out of memory", mark: unsafe Self.mark(state.mark))
        }
        return unsafe YAMLSyntaxError(
            problem: state.problem.map { unsafe String(cString: $0) } ?? "not YAML",
            mark: Self.mark(state.problem_mark),
            context: state.context.map { unsafe String(cString: $0) },
            contextMark: state.context == nil ? nil : Self.mark(state.context_mark),
        )
    }

    private static func copied(_ event: yaml_event_t) -> YAMLEvent {
        var copy = unsafe YAMLEvent(kind: .streamStart, start: mark(event.start_mark))
        switch unsafe event.type {
        case YAML_STREAM_END_EVENT: copy.kind = .streamEnd
        case YAML_DOCUMENT_START_EVENT: copy.kind = .documentStart
        case YAML_DOCUMENT_END_EVENT: copy.kind = .documentEnd
        case YAML_ALIAS_EVENT: copy.kind = .alias(unsafe text(event.data.alias.anchor) ?? "")
        case YAML_SCALAR_EVENT:
            let scalar = unsafe event.data.scalar
            let bytes = unsafe UnsafeBufferPointer(start: scalar.value, count: scalar.length)
            copy.kind = unsafe .scalar(
                text: String(decoding: bytes, as: UTF8.self),
                isPlain: scalar.style == YAML_PLAIN_SCALAR_STYLE,
            )
            copy.anchor = unsafe text(scalar.anchor)
            copy.tag = unsafe text(scalar.tag)
        case YAML_SEQUENCE_START_EVENT:
            copy.kind = .sequenceStart
            copy.anchor = unsafe text(event.data.sequence_start.anchor)
            copy.tag = unsafe text(event.data.sequence_start.tag)
        case YAML_SEQUENCE_END_EVENT: copy.kind = .sequenceEnd
        case YAML_MAPPING_START_EVENT:
            copy.kind = .mappingStart
            copy.anchor = unsafe text(event.data.mapping_start.anchor)
            copy.tag = unsafe text(event.data.mapping_start.tag)
        case YAML_MAPPING_END_EVENT: copy.kind = .mappingEnd
        default: copy.kind = .streamStart
        }
        return copy
    }

    private static func text(_ pointer: UnsafeMutablePointer<yaml_char_t>?) -> String? {
        unsafe pointer.map { unsafe String(cString: $0) }
    }

    private static func mark(_ mark: yaml_mark_t) -> YAMLMark {
        YAMLMark(line: Int(clamping: mark.line) + 1, column: Int(clamping: mark.column) + 1)
    }
}
