import ArgumentParser
import Checkpoints
import Files
import Foundation
import Kernels
import NeuralFields
import Sequences

/// Says what a model file holds, or what a picture carries.
struct InfoCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "info",
    abstract: "Show what a model or a latent file holds, or how a picture was made.",
    discussion: """
      EXAMPLES
        hypermarch info
        hypermarch info snowman.safetensors --json

      Of a model: its shape, size per scene, scenes and training record. Of a latent file \
      (*.latent.safetensors): its model and what it holds. Of a picture (*.png) that hypermarch \
      made: the settings it carries.
      """)

  @OptionGroup var model: ModelOptions
  @OptionGroup var memory: MemoryOptions

  @Flag(help: "Print JSON.")
  var json = false

  func run() throws {
    var budget = MemoryBudget(memory)
    if model.path.lowercased().hasSuffix(".png") {
      try budget.keepChunks(of: model.path)
      let settings = try PictureSettings(ofPicture: model.path)
      try Terminal.result(json ? Terminal.json(settings) : settings.lines.joined(separator: "\n"))
      return
    }
    if model.path.hasSuffix(LatentMix.fileSuffix) {
      try budget.keepLatents([model.path])
      let report = LatentFileReport(
        try CommandFailure.wrapping { try LatentFile.read(model.path) })
      try Terminal.result(json ? Terminal.json(report) : report.text)
      return
    }
    try budget.readModel(model.path)
    let checkpoint = try model.read()
    let attributes = try? FileManager.default.attributesOfItem(atPath: model.path)
    let report = Report(
      checkpoint: checkpoint, fileBytes: (attributes?[.size] as? NSNumber)?.intValue ?? 0)
    try Terminal.result(json ? Terminal.json(report) : report.text)
  }

  private struct Report: Encodable {
    var schema = 1
    let configuration: ModelConfiguration
    let generator: String
    let parameters: Int
    let fieldWeights: Int
    let fieldMultiplyAdds: Int
    let fileBytes: Int
    /// Scenes that are no variants of others; those that move by their own names.
    let ownScenes: [String]
    /// The file's size divided by their number.
    let bytesPerScene: Int
    /// What one more scene adds: its code, as 32-bit floats.
    let bytesPerCode: Int

    init(checkpoint: Checkpoint, fileBytes: Int) {
      configuration = checkpoint.configuration
      generator = configuration.hypernetwork.generator.name
      parameters = checkpoint.hypernetwork.parameters.count
      fieldWeights = configuration.field.layout.count
      fieldMultiplyAdds =
        configuration.field.kernelShape(over: configuration.bound).multiplyAddCount
      self.fileBytes = fileBytes
      let motion = configuration.motion ?? []
      ownScenes =
        motion.map(\.scene)
        + checkpoint.latents.ownRows
        .filter { row in !motion.contains { $0.rows.contains(row) } }
        .map { checkpoint.latents.names[$0] }
      bytesPerScene = fileBytes / ownScenes.count
      bytesPerCode = 4 * configuration.hypernetwork.latentWidth
    }

    /// A width in a few words.
    private func summary(ofWidth width: Int) -> String {
      let field = NestedField(width: width, in: configuration.field).architecture
      return "\(width): \(field.layout.count) weights, "
        + "\(field.kernelShape(over: configuration.bound).multiplyAddCount) multiply-adds"
    }

    var text: String {
      let field = configuration.field
      let hypernetwork = configuration.hypernetwork
      var detail = generator
      switch hypernetwork.generator {
      case .perLayer: break
      case .lowRank(let rank): detail += ", rank \(rank)"
      case .chunked(let length, let embedding):
        detail += ", chunks of \(length), embeddings of \(embedding)"
      }
      let view =
        field.directionOctaves.map { ", view branch \($0) octaves × \(field.colourWidth)" } ?? ""
      var lines = [
        "written by      \(configuration.program), format \(configuration.formatVersion)",
        "field           \(field.hiddenLayerCount) hidden layers × \(field.width), "
          + "\(field.positionOctaves) octaves\(view): \(fieldWeights) weights, "
          + "\(fieldMultiplyAdds) multiply-adds a sample",
        "density         \(field.densityActivation.rawValue), shift \(field.densityShift), "
          + "scale \(field.densityScale)",
        "hypernetwork    code \(hypernetwork.latentWidth), trunk "
          + hypernetwork.trunkWidths.map(String.init).joined(separator: "-")
          + ", generator \(detail): \(parameters) parameters",
        "bound           \(configuration.bound.argument), near \(configuration.near)",
        "size            \(fileBytes) bytes, \(bytesPerScene) per scene; "
          + "a further code \(bytesPerCode)",
      ]
      if configuration.nestedWidths != nil {
        lines.append(
          "widths          " + configuration.widths.map(summary(ofWidth:)).joined(separator: "; "))
      }
      if let training = configuration.training {
        lines.append(
          "training        \(training.dataset), \(training.steps) steps "
            + "(\(training.skippedSteps) skipped), "
            + String(
              format: "%@%.1f M samples, %.2f dB on training rays",
              training.budgetMinutes.map { String(format: "%.1f min, ", $0) } ?? "",
              Double(training.samples) / 1e6, training.trainingPsnr))
        let options = training.options.sorted { $0.key < $1.key }
        lines.append(
          "options         " + options.map { "\($0.key)=\($0.value)" }.joined(separator: " "))
      }
      lines += (configuration.changes ?? []).map(\.line)
      let motion = configuration.motion ?? []
      let rowCount = motion.reduce(0) { $0 + $1.rowCount }
      let variantCount = configuration.scenes.count - rowCount - (ownScenes.count - motion.count)
      lines.append(
        "scenes          \(ownScenes.count)"
          + (variantCount > 0 ? ", and \(variantCount) variants of them, named NAME~1, …" : ""))
      lines += ownScenes.map { name in
        guard let path = configuration.trajectory(of: name) else { return "  \(name)" }
        return "  \(name), moving: \(path.curve.rawValue) of \(path.rowCount) codes, "
          + "\(path.seconds) s\(path.loops ? ", loops" : "")"
      }
      return lines.joined(separator: "\n")
    }
  }
}

extension LibraryChange {
  /// The change in a line, as `info` shows it.
  fileprivate var line: String {
    let losses = (forgetting ?? []).map(\.loss)
    let mean = losses.reduce(0, +) / Double(max(losses.count, 1))
    return kind.rawValue.padding(toLength: 16, withPad: " ", startingAt: 0)
      + scenes.joined(separator: kind == .renameScene ? " to " : ", ")
      + (source.map { ", from \($0)" } ?? "") + (steps.map { ", \($0) steps" } ?? "")
      + (losses.isEmpty
        ? ""
        : String(
          format: "; other scenes lost %.2f dB, at most %.2f dB", mean, losses.max() ?? 0))
  }
}

extension PictureSettings {
  /// One fact a line.
  fileprivate var lines: [String] {
    func vector(_ numbers: [Float]) -> String {
      numbers.map { String(format: "%.3f", $0) }.joined(separator: ", ")
    }
    let angle = 2 * atan(0.5 * Float(camera.width) / camera.focal[0]) * 180 / .pi
    let colour = background.map { $0.map { "\($0)" }.joined(separator: ", ") } ?? "transparent"
    return [
      "made by         \(program.onOneLine)",
      "model           \(model.path.onOneLine), "
        + "fingerprint \(model.fingerprint.onOneLine)",
    ] + (mix.map { ["scene           \($0.text.onOneLine)"] } ?? []) + [
      "shows           \(shows), \(camera.width)×\(camera.height)",
      String(
        format: "camera          at (%@), looking along (%@), field of view %.2f°",
        vector(camera.position), vector(camera.backward.map { -$0 }), angle),
      "quality         \(samplesPerDiagonal) samples, ends below \(termination), "
        + "grid \(gridResolution), \(precision)",
      "background      \(colour)",
    ] + (fieldWidth.map { ["width           \($0)"] } ?? [])
      + (seed.map { ["seed            \($0)"] } ?? [])
  }
}
