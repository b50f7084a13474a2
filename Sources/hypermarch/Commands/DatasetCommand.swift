import ArgumentParser
import Checkpoints
import Datasets
import Foundation
import VolumeRendering

/// Renders analytic scenes into a data set of posed images, exact to the last digit.
struct DatasetCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "dataset",
    abstract: "Make posed images of analytic scenes: pictures, depth and cameras.",
    discussion: """
      EXAMPLES
        hypermarch dataset scenes/snowman.json --output data/snowman
        hypermarch dataset scenes/toy-train.json --variations 20 -o data/trains

      Cameras follow the protocol of Scene Representation Networks: training views scattered over \
      the sphere, test views on a spiral from the top down. Matrices are camera to world, OpenGL \
      axes (x right, y up, looking along -z) in transforms_*.json, OpenCV axes in SRN's layout.

      Of a scene that moves, every frame has a time in 0…1 (D-NeRF's form). Validation and test \
      views are of times between the training times: dataset scenes/windmill.json --times 24.
      """)

  /// Whether the training views of a moving scene change their places from time to time.
  enum CameraMotion: String, ExpressibleByArgument, CaseIterable {
    case moving, fixed
  }

  enum Layout: String, ExpressibleByArgument, CaseIterable {
    case transforms, srn
  }

  @Argument(help: ArgumentHelp("Scene descriptions.", valueName: "scene.json"))
  var scenes: [String]

  @OptionGroup var output: OutputOptions

  @Option(help: ArgumentHelp("Pixels of a picture.", valueName: "WxH"))
  var size: PictureSize?

  @Option(
    help: ArgumentHelp(
      "Training views: 50, or 8 at each time of a scene that moves.", valueName: "n"))
  var trainViews: Int?

  @Option(help: ArgumentHelp("Validation views.", valueName: "n"))
  var valViews = 10

  @Option(
    help: ArgumentHelp("Test views: 251, or 60 of a scene that moves.", valueName: "n"))
  var testViews: Int?

  @Option(
    help: ArgumentHelp("Training times of a scene that moves, 2…1000; 24.", valueName: "n"))
  var times: Int?

  @Option(help: "Training views of a scene that moves: from new places at each time, or the same.")
  var cameras: CameraMotion?

  @Option(help: ArgumentHelp("Horizontal field of view, 1…179.", valueName: "degrees"))
  var fov: Float?

  @Option(help: ArgumentHelp("From the middle of the bound to a camera.", valueName: "scene units"))
  var distance: Float?

  @Option(help: "File layout: transforms or srn.")
  var layout: Layout = .transforms

  @Option(help: ArgumentHelp("Make so many variations of each scene.", valueName: "n"))
  var variations: Int?

  @Option(help: ArgumentHelp("The random seed.", valueName: "n"))
  var seed: UInt64 = 42

  @Option(
    help: ArgumentHelp("Intervals along the diagonal of the scene's bound.", valueName: "n"))
  var samples = 1024

  @OptionGroup var threads: ThreadOptions
  @OptionGroup var memory: MemoryOptions

  @Flag(help: "Show no progress.")
  var quiet = false

  /// Cells of the occupancy grids along an edge.
  private static let gridResolution = 128

  func validate() throws {
    try size?.validate()
    guard output.output != nil else {
      throw ValidationError("found no --output, expected a folder")
    }
    for (name, count) in [
      ("train-views", trainViews ?? 50), ("val-views", valViews), ("test-views", testViews ?? 60),
    ] where !(0...100_000).contains(count) {
      throw ValidationError("--\(name): found \(count), expected 0…100000")
    }
    guard trainViews != 0 else {
      throw ValidationError("--train-views: found 0, expected 1 or more")
    }
    if let times, !(2...1000).contains(times) {
      throw ValidationError("--times: found \(times), expected 2…1000")
    }
    if let variations, !(1...10_000).contains(variations) {
      throw ValidationError("--variations: found \(variations), expected 1…10000")
    }
    if let fov, !(1...179).contains(fov) {
      throw ValidationError("--fov: found \(fov), expected 1…179")
    }
    if let distance, !(1e-3...1e6).contains(distance) {
      throw ValidationError("--distance: found \(distance), expected 0.001…1e6")
    }
    guard (1...65_536).contains(samples) else {
      throw ValidationError("--samples: found \(samples), expected 1…65536")
    }
  }

  func run() throws {
    guard let folder = output.output else { preconditionFailure("validate() has seen it") }
    var budget = MemoryBudget(memory, threadCount: threads.count)
    let members = try members { try count($0, in: &budget) }
    let fileLayout: SyntheticDataset.Layout = layout == .srn ? .srn : .transforms
    // One scene alone is the data set; several are folders of it.
    for (index, member) in members.enumerated() {
      try CommandFailure.wrapping {
        try SyntheticDataset.check(
          sceneNamed: member.name, in: folder, layout: fileLayout, overwriting: output.overwrite,
          request: request(for: member.scene, scene: index))
      }
    }
    let renderer = Renderer(
      settings: RenderSettings(samplesPerDiagonal: samples, threadCount: threads.count))
    let largest = settings(of: members[0].scene, index: 0)
    budget.pass(
      RenderMemory.grownBytes(renderer, width: largest.width, height: largest.height)
        + SyntheticDataset.pictureBytes(width: largest.width, height: largest.height),
      for: "\(largest.width)×\(largest.height) pixels")
    let grids = members.map {
      RenderMemory.gridBytes(bound: $0.scene.bound, resolution: Self.gridResolution)
    }
    budget.keep(grids.max() ?? 0, for: "the occupancy grid")
    try budget.state(advice: "a smaller --size or fewer --threads", isQuiet: quiet)
    var reporter = ProgressReporter(isQuiet: quiet)
    for (index, member) in members.enumerated() {
      var moment = Moment(of: member.scene, at: 0, threadCount: threads.count)
      let dataset = SyntheticDataset(
        bound: member.scene.bound, settings: settings(of: member.scene, index: index))
      let viewCount = Split.allCases.reduce(0) { $0 + dataset.viewCount(of: $1) }
      try CommandFailure.wrapping {
        try dataset.write(
          sceneNamed: member.name, to: folder, layout: fileLayout, overwriting: output.overwrite,
          request: request(for: member.scene, scene: index),
          progress: { done in
            reporter.show(
              "scene \(index + 1)/\(members.count)  \(member.name)  view \(done)/\(viewCount)")
          },
          render: { view in
            if let time = view.time, time != moment.time {
              moment = Moment(of: member.scene, at: time, threadCount: threads.count)
            }
            return renderer.render(moment.field, camera: view.camera, grid: moment.grid)
          })
      }
    }
    reporter.finish(ProgressReporter.count(members.count, "scene"))
    try Terminal.result(folder)
  }

  /// A scene as it stands at a time.
  private struct Moment {
    let time: Float
    let field: AnalyticField
    let grid: OccupancyGrid

    init(of scene: SceneDescription, at time: Float, threadCount: Int) {
      self.time = time
      field = AnalyticField(scene, time: time)
      grid = field.occupancyGrid(
        resolution: DatasetCommand.gridResolution, threadCount: threadCount)
    }
  }

  /// Refuses what a scene at rest, or SRN's layout, cannot have.
  private func check(_ scene: SceneDescription, path: String) throws {
    if scene.motion != nil, layout == .srn {
      throw CommandFailure(
        "--layout: found srn for \(path), which moves, expected transforms: srn tells no time",
        .usage)
    }
    if scene.motion == nil, times != nil || cameras != nil {
      throw CommandFailure(
        "\(times == nil ? "--cameras" : "--times"): found \(path), which does not move, expected "
          + "a scene with \"motion\"", .usage)
    }
  }

  /// Counts a scene's variations, and the cameras and listing of one of them, and refuses too many before
  /// they are made.
  private func count(_ scene: SceneDescription, in budget: inout MemoryBudget) throws {
    let count = variations ?? 1
    budget.keep(
      count * scene.memoryByteCount, for: ProgressReporter.count(count, "scene description"))
    let dataset = SyntheticDataset(bound: scene.bound, settings: settings(of: scene, index: 0))
    budget.keepLargest(dataset.listingBytes, for: "cameras")
    try budget.check(advice: "fewer --variations, --train-views or --times")
  }

  /// Scenes and their names, variations numbered.
  ///
  /// - Parameter count: is asked for each scene before its variations are made.
  private func members(
    count: (SceneDescription) throws -> Void
  ) throws -> [(name: String, scene: SceneDescription)] {
    var members: [(name: String, scene: SceneDescription)] = []
    for path in scenes {
      let scene = try CommandFailure.wrapping { try SceneDescription(contentsOf: path) }
      try check(scene, path: path)
      try count(scene)
      let file = URL(fileURLWithPath: path).lastPathComponent
      let name = file.hasSuffix(".json") ? String(file.dropLast(5)) : file
      guard let variations else {
        members.append((name, scene))
        continue
      }
      for (index, variation) in scene.family(count: variations, seed: seed).enumerated() {
        members.append((String(format: "%@-%04d", name, index), variation))
      }
    }
    let names = members.map(\.name)
    if let name = names.first(where: { $0.isEmpty || $0.hasPrefix(".") }) {
      throw CommandFailure(
        "found a scene file whose name makes the folder \"\(name)\", expected one that is not hidden",
        .usage)
    }
    guard Set(names).count == names.count else {
      throw CommandFailure("found two scenes of one name, expected different file names", .usage)
    }
    return members
  }

  /// A checksum of all that decides a scene's files.
  private func request(for scene: SceneDescription, scene index: Int) -> String {
    let facts =
      "\(Hypermarch.programName) \(scene) \(settings(of: scene, index: index)) \(samples) \(layout)"
    return CRC32.digits(of: Array(facts.utf8).span)
  }

  private func settings(
    of scene: SceneDescription, index: Int
  ) -> SyntheticDataset.Settings {
    var settings = SyntheticDataset.Settings()
    if let size {
      settings.width = size.width
      settings.height = size.height
    }
    settings.trainingViewCount = trainViews ?? (scene.motion == nil ? 50 : 8)
    settings.validationViewCount = valViews
    settings.testViewCount = testViews ?? (scene.motion == nil ? 251 : 60)
    settings.timing = scene.motion.map {
      SyntheticDataset.Timing(
        count: times ?? 24, loops: $0.loops, seconds: $0.seconds, camerasMove: cameras != .fixed)
    }
    if let fov { settings.horizontalFieldOfView = fov * .pi / 180 }
    settings.distance = distance
    // Every scene is seen from directions of its own.
    settings.seed = seed &+ UInt64(index)
    return settings
  }
}
