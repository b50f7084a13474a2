import ArgumentParser
import Datasets

/// Says what a data set holds, and whether the scene bound suits it.
struct InspectCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "inspect",
    abstract: "Look at posed images: scenes, views, cameras, and how rays meet the scene bound.",
    discussion: """
      EXAMPLES
        hypermarch inspect data/snowman
        hypermarch inspect data/snowman --bound=-1,-1,-1,1,1,1 --json

      Matrices are camera to world, OpenGL axes: x right, y up, looking along -z; SRN poses are \
      OpenCV's. The world's up is +z.
      """)

  @Argument(help: ArgumentHelp("A folder of posed images.", valueName: "dataset"))
  var dataset: String

  @OptionGroup var bound: BoundOption

  @Option(help: ArgumentHelp("Only scenes with this name; * and ? allowed.", valueName: "name"))
  var scene: [String] = []

  @OptionGroup var threads: ThreadOptions
  @OptionGroup var memory: MemoryOptions

  @Flag(help: "Print JSON.")
  var json = false

  func run() throws {
    let inspection = try ProgressReporter.waiting(for: "reading \(dataset)") {
      let folder = try CommandFailure.wrapping {
        let pictures = try DatasetMemory(
          of: dataset, matching: scene, threadCount: threads.count)
        var budget = MemoryBudget(memory, threadCount: threads.count)
        try budget.keepPictures(pictures, advice: "fewer pictures, by --scene")
        budget.keep(
          pictures.silhouetteBytes(threadCount: threads.count), for: "silhouettes")
        try budget.state(advice: "fewer pictures, by --scene")
        return try DatasetFolder.open(dataset, matching: scene, threadCount: threads.count)
      }
      return DatasetInspection(
        of: folder, bound: bound.bound?.box, threadCount: threads.count)
    }
    try Terminal.result(json ? Terminal.json(inspection) : inspection.text)
  }
}
