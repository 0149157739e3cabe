import ArgumentParser
import PlanFile

struct SchemaCommand: SkeinCommand {
    static let configuration = CommandConfiguration(
        commandName: "schema", abstract: "Prints the JSON Schema of plan files, for editors and CI.")

    enum Subject: String, ExpressibleByArgument, CaseIterable { case plan, events }

    @Argument(help: ArgumentHelp("Of plan files, or of the lines that `migrate --json` prints.", valueName: "subject"))
    var subject = Subject.plan

    @Flag(help: "Of plan files: every key with its meaning, as a page of Markdown.")
    var markdown = false

    @OptionGroup var options: GlobalOptions

    func validate() throws {
        if markdown, options.json { throw ValidationError("--markdown and --json exclude each other") }
        if markdown, subject != .plan { throw ValidationError("--markdown is for the schema of plan files") }
    }

    func perform() {
        switch subject {
        case .plan: Console.output(markdown ? PlanKeyReference.text : PlanSchema.text)
        case .events: Console.output(EventSchema.text)
        }
    }
}
