package import NeuralFields

/// What a model file says beside its tensors: the JSON text `hypermarch` of its metadata.
///
/// Keys are written in snake case, sorted. A reader needs nothing else to rebuild every field.
package struct ModelConfiguration: Sendable, Equatable, Codable {
  /// The version of the file format that this code writes and reads.
  package static let formatVersion = 1

  package var formatVersion: Int
  /// The program that wrote the file, such as `hypermarch 0.1.0`.
  package var program: String
  package var field: FieldArchitecture
  package var hypernetwork: HypernetworkArchitecture
  /// The part of space that all the model's fields are defined over, scene units.
  package var bound: BoundingBox
  /// The distance before which a camera sees nothing, scene units, ≥ 0.
  package var near: Float
  /// Scene names, in the order of the rows of the tensor `latents`.
  package var scenes: [String]
  package var defaultView: DefaultView
  package var training: TrainingRecord?
  /// How the codes of moving scenes follow from rows of `latents`; nil where no scene moves.
  package var motion: [LatentTrajectory]?
  /// Widths of the narrower fields inside each field, ascending; nil where the model has no others.
  package var nestedWidths: [Int]?
  /// Whether training held the scenes' codes, each a Gaussian, to N(0, s² I), s the hypernetwork's
  /// `latentDeviation`; nil where it did not.
  package var variationalCodes: Bool?
  /// How scenes were added, removed, renamed and merged since, the oldest first; nil if none was.
  package var changes: [LibraryChange]?

  /// A view that shows the model's scenes well.
  package struct DefaultView: Sendable, Equatable, Codable {
    package var width: Int
    package var height: Int
    /// The full horizontal field of view, degrees.
    package var fieldOfView: Float
    /// The camera's axes and place in the world, 3 rows of right, up, backward, position.
    package var worldFromCamera: [[Float]]
    /// The point that orbiting cameras look at, scene units.
    package var target: SIMD3<Float>

    package init(
      width: Int, height: Int, fieldOfView: Float, worldFromCamera: [[Float]],
      target: SIMD3<Float>
    ) {
      self.width = width
      self.height = height
      self.fieldOfView = fieldOfView
      self.worldFromCamera = worldFromCamera
      self.target = target
    }
  }

  /// How the model was made.
  package struct TrainingRecord: Sendable, Equatable, Codable {
    /// The folder's own name, without its path.
    package var dataset: String
    package var seed: UInt64
    package var steps: Int
    package var skippedSteps: Int
    /// The time that was allowed; nil where the steps were.
    ///
    /// What was measured is in the run's log: a model must not depend on it.
    package var budgetMinutes: Double?
    /// Field evaluations with gradients.
    package var samples: Int
    /// PSNR of the training rays at the end, dB.
    package var trainingPsnr: Double
    /// The options that decide the result, by name.
    package var options: [String: String]

    package init(
      dataset: String, seed: UInt64, steps: Int, skippedSteps: Int, budgetMinutes: Double?,
      samples: Int, trainingPsnr: Double, options: [String: String]
    ) {
      self.dataset = dataset
      self.seed = seed
      self.steps = steps
      self.skippedSteps = skippedSteps
      self.budgetMinutes = budgetMinutes
      self.samples = samples
      self.trainingPsnr = trainingPsnr
      self.options = options
    }
  }

  package init(
    program: String, field: FieldArchitecture, hypernetwork: HypernetworkArchitecture,
    bound: BoundingBox, near: Float, scenes: [String], defaultView: DefaultView,
    training: TrainingRecord? = nil, motion: [LatentTrajectory]? = nil,
    nestedWidths: [Int]? = nil, variationalCodes: Bool? = nil
  ) {
    formatVersion = Self.formatVersion
    self.program = program
    self.field = field
    self.hypernetwork = hypernetwork
    self.bound = bound
    self.near = near
    self.scenes = scenes
    self.defaultView = defaultView
    self.training = training
    self.motion = motion
    self.nestedWidths = nestedWidths
    self.variationalCodes = variationalCodes
  }

  /// s of the prior N(0, s² I) that training held the codes to; nil where only they say how codes lie.
  package var priorDeviation: Float? {
    variationalCodes == true ? hypernetwork.latentDeviation : nil
  }

  /// The widths in which the model's fields can be had, ascending; the last is the whole field's.
  package var widths: [Int] { (nestedWidths ?? []) + [field.width] }

  /// All that a scene of the model can be called: rows of `latents`, and moving scenes.
  package var knownNames: [String] { scenes + (motion ?? []).map(\.scene) }

  /// The scene that is shown unless another is asked for.
  package var defaultScene: String {
    motion?.first { $0.firstRow == 0 }?.scene ?? scenes[0]
  }

  /// A moving scene's trajectory; nil where none has that name.
  package func trajectory(of name: String) -> LatentTrajectory? {
    motion?.first { $0.scene == name }
  }
}

extension ModelConfiguration {
  /// Corners that may turn out to make no box.
  private struct Corners: Decodable {
    let minimum: SIMD3<Float>
    let maximum: SIMD3<Float>
  }

  /// - Throws: `DecodingError`, or a `Fault` for values that make no configuration at all. Whether the
  ///   others are in range, `check(path:)` says.
  package init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    let corners = try container.decode(Corners.self, forKey: .bound)
    guard all(corners.minimum .< corners.maximum) else {
      throw Fault(
        key: "bound", found: "a maximum that is not above the minimum", expected: "a box")
    }
    bound = BoundingBox(minimum: corners.minimum, maximum: corners.maximum)
    formatVersion = try container.decode(Int.self, forKey: .formatVersion)
    program = try container.decode(String.self, forKey: .program)
    field = try container.decode(FieldArchitecture.self, forKey: .field)
    hypernetwork = try container.decode(HypernetworkArchitecture.self, forKey: .hypernetwork)
    near = try container.decode(Float.self, forKey: .near)
    scenes = try container.decode([String].self, forKey: .scenes)
    defaultView = try container.decode(DefaultView.self, forKey: .defaultView)
    training = try container.decodeIfPresent(TrainingRecord.self, forKey: .training)
    motion = try container.decodeIfPresent([LatentTrajectory].self, forKey: .motion)
    nestedWidths = try container.decodeIfPresent([Int].self, forKey: .nestedWidths)
    variationalCodes = try container.decodeIfPresent(Bool.self, forKey: .variationalCodes)
    changes = try container.decodeIfPresent([LibraryChange].self, forKey: .changes)
  }
}

extension HypernetworkArchitecture: Codable {
  private enum CodingKeys: String, CodingKey {
    case latentWidth, trunkWidths, latentDeviation, generator
  }

  private enum GeneratorKeys: String, CodingKey {
    case kind, rank, chunkLength, embeddingWidth
  }

  package func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(latentWidth, forKey: .latentWidth)
    try container.encode(trunkWidths, forKey: .trunkWidths)
    try container.encode(latentDeviation, forKey: .latentDeviation)
    var nested = container.nestedContainer(keyedBy: GeneratorKeys.self, forKey: .generator)
    try nested.encode(generator.name, forKey: .kind)
    switch generator {
    case .perLayer: break
    case .lowRank(let rank): try nested.encode(rank, forKey: .rank)
    case .chunked(let chunkLength, let embeddingWidth):
      try nested.encode(chunkLength, forKey: .chunkLength)
      try nested.encode(embeddingWidth, forKey: .embeddingWidth)
    }
  }

  package init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    let nested = try container.nestedContainer(keyedBy: GeneratorKeys.self, forKey: .generator)
    let kind = try nested.decode(String.self, forKey: .kind)
    let generator: GeneratorKind
    switch kind {
    case "per-layer": generator = .perLayer
    case "low-rank": generator = .lowRank(rank: try nested.decode(Int.self, forKey: .rank))
    case "chunked":
      generator = .chunked(
        chunkLength: try nested.decode(Int.self, forKey: .chunkLength),
        embeddingWidth: try nested.decode(Int.self, forKey: .embeddingWidth))
    default:
      throw ModelConfiguration.Fault(
        key: "hypernetwork.generator.kind", found: kind,
        expected: "per-layer, low-rank or chunked")
    }
    self.init(
      latentWidth: try container.decode(Int.self, forKey: .latentWidth),
      trunkWidths: try container.decode([Int].self, forKey: .trunkWidths), generator: generator,
      latentDeviation: try container.decode(Float.self, forKey: .latentDeviation))
  }
}
