import ArgumentParser
import Files
import Foundation

/// The program: one binary, verbs as subcommands.
@main
struct Hypermarch: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "hypermarch",
    abstract: "Neural scenes on an ordinary CPU.",
    discussion: """
      EXAMPLES
        hypermarch render
        hypermarch dataset scenes/snowman.json --output data/snowman

      A hypernetwork makes the weights of a radiance field from a scene's latent code; a ray marcher \
      renders that field. No GPU, no Python, no download.

      Camera axes are OpenGL's: x right, y up, looking along -z; the world's up is +z.

      EXIT CODES
      \(FailureCode.help)
      """,
    version: Self.programName,
    subcommands: [
      RenderCommand.self, InterpolateCommand.self, FitCommand.self, LatentsCommand.self,
      TrainCommand.self, AddScenesCommand.self, RemoveScenesCommand.self, RenameSceneCommand.self,
      MergeModelsCommand.self, EvaluateCommand.self, InfoCommand.self, InspectCommand.self,
      DatasetCommand.self, ReportCommand.self, DoctorCommand.self, BenchCommand.self,
    ])

  static let version = "0.1.0"
  static let programName = "hypermarch \(version)"

  /// The command line that the program was started with.
  static var words: [String] { ["hypermarch"] + CommandLine.arguments.dropFirst() }

  static func main() {
    // A reader that goes away must not end a training: writing to it fails, and is passed over.
    signal(SIGPIPE, SIG_IGN)
    do {
      var command = try parseAsRoot()
      try command.run()
    } catch let failure as CommandFailure {
      // What progress was shown last would stand before the error.
      if Terminal.isInteractive { Terminal.redraw("") }
      Terminal.error("error: \(failure.description)")
      Self.exit(withError: ExitCode(failure.exitCode.rawValue))
    } catch {
      guard Self.exitCode(for: error) == .validationFailure else { Self.exit(withError: error) }
      Terminal.error("error: \(Self.message(for: error).onOneLine)")
      Self.exit(withError: ExitCode.validationFailure)
    }
  }
}
