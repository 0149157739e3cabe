import ArgumentParser
import PlanFile

struct SchemaCommand: SkeinCommand {
    static let configuration = CommandConfiguration(
        commandName: "schema", abstract: "Prints the JSON Schema of plan files, for editors and CI.")

    @OptionGroup var options: GlobalOptions

    func perform() { Console.output(PlanSchema.text) }
}
