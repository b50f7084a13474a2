import ArgumentParser
import Kernels
import VolumeRendering

/// How finely a scene is rendered.
struct QualityOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "preview, standard or high: how much work a picture is worth.", valueName: "quality"))
  var quality: RenderQuality = .standard

  @Option(
    help: ArgumentHelp(
      "Intervals along the diagonal of the scene's bound, instead of the quality's.",
      valueName: "n"))
  var samples: Int?

  @Option(
    help: ArgumentHelp(
      "A ray ends when less light than this passes, instead of the quality's.",
      valueName: "share"))
  var termination: Float?

  @Option(
    help: ArgumentHelp(
      "Cells of the occupancy grid along an edge, instead of the quality's.", valueName: "n"))
  var gridResolution: Int?

  @Option(
    help: ArgumentHelp(
      "float32 or bfloat16: the numbers that a model's network computes with; by default bfloat16 "
        + "for a preview where the processor has it, else float32.",
      valueName: "precision"))
  var precision: FieldPrecision?

  var samplesPerDiagonal: Int { samples ?? quality.samplesPerDiagonal }
  var terminationThreshold: Float { termination ?? quality.terminationThreshold }
  /// A preview in bfloat16 differs from one in float32 by less than one from a coarser march; other
  /// pictures are the same on processors with and without it.
  var fieldPrecision: FieldPrecision {
    precision ?? (quality == .preview && FieldPrecision.bfloat16.isAvailable ? .bfloat16 : .float32)
  }
  var cellsPerEdge: Int { gridResolution ?? quality.gridResolution }

  func checkPrecision() throws { try fieldPrecision.checkAvailable() }

  /// Whether nothing is asked for.
  var isDefault: Bool {
    quality == .standard && samples == nil && termination == nil && gridResolution == nil
      && precision == nil
  }

  func validate() throws {
    try check("samples", samples, 1...65_536)
    try check("grid-resolution", gridResolution, 1...512)
    if let termination, !(0..<1).contains(termination) {
      throw ValidationError("--termination: found \(termination), expected 0 to below 1")
    }
  }
}

extension RenderQuality: ExpressibleByArgument {}

extension FieldPrecision: ExpressibleByArgument {
  /// - Throws: `CommandFailure` where the processor has no instructions for the precision.
  func checkAvailable() throws {
    guard isAvailable else {
      throw CommandFailure(
        "--precision: found a processor without \(rawValue) instructions, expected one with them: "
          + "use float32", .unavailable)
    }
  }
}
