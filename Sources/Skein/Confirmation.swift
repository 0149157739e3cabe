/// Questions that only a person, or `--yes`, may answer.
enum Confirmation {
    /// Asks where stdin is a terminal.
    /// - Parameter refusal: what is said where nobody can be asked, or the answer is no.
    /// - Throws: `CommandFailure` with exit code 2 without a yes.
    static func require(_ question: String, _ isGiven: Bool, refusal: String) throws {
        if isGiven { return }
        guard Console.isInputTerminal else {
            throw CommandFailure.wrong(
                .notConfirmed, refusal, detail: "Stdin is no terminal, so nobody can be asked.",
                cure: "Say --yes to do it without being asked.")
        }
        guard Console.confirms(question) else { throw CommandFailure.wrong(.notConfirmed, refusal) }
    }
}
