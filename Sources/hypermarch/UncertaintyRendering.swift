import ArgumentParser
import Checkpoints
import Files
import Fitting
import Foundation
import Imaging
import NeuralFields
import Sequences
import VolumeRendering

/// A latent with draws from its posterior, and the model that shows them.
struct UncertaintySubject {
  let model: Checkpoint
  let name: String
  let latent: SceneLatent
  let posterior: LatentPosterior

  /// - Parameter budget: counts the latent file before it is read.
  init(path: String, scene: String?, budget: inout MemoryBudget) throws {
    guard !path.hasSuffix(".json") else {
      throw ValidationError(
        "--uncertainty: found an analytic scene, expected a model and a latent file")
    }
    model = try CommandFailure.wrapping { try Checkpoint.read(path) }
    var library = LatentLibrary(model)
    let reference = try SceneReference(scene, of: model, library: &library, budget: &budget)
    guard let posterior = library.posterior(of: reference.mix) else {
      throw CommandFailure(
        "--uncertainty: found a scene without draws, expected a latent file that fit --posterior "
          + "wrote", .badData)
    }
    name = reference.name
    latent = reference.latent
    self.posterior = posterior
  }

  var camera: Camera { model.configuration.defaultView.camera }
  var target: SIMD3<Float> { model.configuration.defaultView.target }

  /// The scene of a draw.
  func draw(_ index: Int) -> SceneLatent {
    posterior.scene(index, beside: latent)
  }
}

/// Pictures of what a posterior's draws show: their mean, how far they differ, and some of them.
struct UncertaintyRendering {
  private let subject: UncertaintySubject
  private let request: RenderRequest
  private let background: SIMD3<Float>
  private let completionCount: Int
  private let tileSize: Int
  private let threadCount: Int
  private let paths: Paths

  /// The files, in the order in which they are written.
  private struct Paths {
    let mean: String
    let deviation: String
    let meanData: String
    let deviationData: String
    let completions: String?

    init(picture: String, hasCompletions: Bool) {
      let stem = picture.hasSuffix(".png") ? String(picture.dropLast(4)) : picture
      mean = picture
      deviation = stem + "-deviation.png"
      meanData = stem + "-mean-data.png"
      deviationData = stem + "-deviation-data.png"
      completions = hasCompletions ? stem + "-completions.png" : nil
    }

    var all: [String] {
      [mean, deviation, meanData, deviationData] + (completions.map { [$0] } ?? [])
    }
  }

  /// What `--json` prints.
  struct Report: Encodable {
    var schema = 1
    let files: [String]
    let scene: String
    let width: Int
    let height: Int
    let draws: Int
    /// Of a covered pixel, in the units of its values.
    let noise: Float
    /// The mean over all pixels of the root of the channels' mean variance.
    let meanDeviation: Double
    /// The same of the draws alone, without the noise: what the map shows.
    let meanSpread: Double
    /// The spread that the map shows as white.
    let deviationLimit: Float
    let nonFinitePixels: Int
    var seconds: Double?
  }

  /// Pixels of all pictures together that are kept in memory, at most.
  private static let pixelLimit = 1 << 24

  /// Checks all that can be checked before anything is rendered.
  init(
    _ subject: UncertaintySubject, request: RenderRequest, options: UncertaintyOptions,
    output: OutputOptions, background: BackgroundArgument, tileSize: Int, threadCount: Int
  ) throws {
    self.subject = subject
    self.request = request
    self.tileSize = tileSize
    self.threadCount = threadCount
    completionCount = options.completions ?? 0
    guard completionCount <= subject.posterior.codes.count else {
      throw CommandFailure(
        "--completions: found \(completionCount), expected at most the latent's "
          + "\(subject.posterior.codes.count) draws", .badData)
    }
    if case .colour(let colour) = background {
      self.background = colour
    } else {
      self.background = [1, 1, 1]
    }
    let (width, height) = (request.camera.width, request.camera.height)
    guard width * height * max(4, completionCount) <= Self.pixelLimit,
      completionCount * width <= PictureSize.limit
    else {
      throw ValidationError(
        "--uncertainty: found \(width)x\(height) pixels and \(completionCount) completions, "
          + "expected at most \(Self.pixelLimit / 4) pixels, and completions that are "
          + "\(PictureSize.limit) wide together")
    }
    if let path = output.output {
      paths = Paths(picture: path, hasCompletions: completionCount > 0)
    } else {
      try CommandFailure.wrapping { try FileWriter.createFolder("renders") }
      paths = Paths(picture: "renders/\(subject.name).png", hasCompletions: completionCount > 0)
    }
    for path in paths.all {
      try CommandFailure.wrapping { try FileWriter.check(path, overwriting: output.overwrite) }
      FileWriter.removeLeftovers(of: path)
    }
  }

  /// The memory of the pictures while they are made, bytes: sums over the draws, a draw as it is rendered, and
  /// the completions.
  var memoryByteCount: Int {
    let camera = request.camera
    return camera.width * camera.height * (160 + 12 * max(1, completionCount))
      + threadCount << 20
  }

  /// Renders every draw, and writes the files.
  func run(overwriting: Bool) throws -> Report {
    let camera = request.camera
    let renderer = Renderer(
      settings: request.renderSettings(
        near: subject.model.configuration.near, tileSize: tileSize, threadCount: threadCount))
    var picture = PosteriorPicture(
      width: camera.width, height: camera.height, background: background,
      noise: subject.posterior.noise)
    var row = Image(
      width: camera.width * max(1, completionCount), height: camera.height, channelCount: 3)
    var nonFinitePixelCount = 0
    for index in subject.posterior.codes.indices {
      let field = subject.model.field(
        for: subject.draw(index), width: request.fieldWidth, precision: request.precision,
        threadCount: threadCount)
      let grid = OccupancyGrid(
        of: field, resolution: request.cellsPerEdge, threadCount: threadCount)
      let rendered = renderer.render(field, camera: camera, grid: grid)
      nonFinitePixelCount += rendered.statistics.nonFinitePixelCount
      picture.add(rendered)
      if index < completionCount {
        row.replaceColumns(
          from: index * camera.width, with: rendered.picture(over: background))
      }
    }
    try write(picture.mean, 8, to: paths.mean, overwriting)
    try write(
      picture.map, 8, to: paths.deviation, overwriting,
      text: [PNGTextEntry(keyword: "deviation_white", text: "\(PosteriorPicture.mapLimit)")])
    let scale = [PNGTextEntry(keyword: "value_scale", text: "65535")]
    try write(picture.mean, 16, to: paths.meanData, overwriting, text: scale)
    try write(picture.deviation, 16, to: paths.deviationData, overwriting, text: scale)
    if let path = paths.completions { try write(row, 8, to: path, overwriting) }
    return Report(
      files: paths.all, scene: subject.name, width: camera.width, height: camera.height,
      draws: subject.posterior.codes.count, noise: subject.posterior.noise,
      meanDeviation: Self.mean(picture.overall), meanSpread: Self.mean(picture.spread),
      deviationLimit: PosteriorPicture.mapLimit, nonFinitePixels: nonFinitePixelCount)
  }

  private static func mean(_ values: [Float]) -> Double {
    values.reduce(0) { $0 + Double($1) } / Double(values.count)
  }

  private func write(
    _ image: Image, _ bitDepth: Int, to path: String, _ overwriting: Bool,
    text: [PNGTextEntry] = []
  ) throws {
    let program = PNGTextEntry(keyword: "Software", text: Hypermarch.programName)
    try CommandFailure.wrapping {
      try PNGFile.write(
        image, to: path, bitDepth: bitDepth, text: [program] + text, overwriting: overwriting)
    }
  }
}

extension Image {
  /// Puts a picture of the same height and channels in place of some columns.
  fileprivate mutating func replaceColumns(from first: Int, with picture: Image) {
    let length = picture.width * channelCount
    for row in 0..<height {
      let source = row * length
      let target = (row * width + first) * channelCount
      samples.replaceSubrange(
        target..<target + length, with: picture.samples[source..<source + length])
    }
  }
}
