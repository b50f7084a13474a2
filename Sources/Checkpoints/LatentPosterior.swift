package import NeuralFields

/// The scenes that pictures may show, beside the one that shows them best: draws from a posterior.
///
/// Every draw has a code of its own and, where the latent has a change of the weights, left factors of its own
/// for the first of its changes; all else is as in the latent that it stands beside.
package struct LatentPosterior: Sendable, Equatable {
  /// The draws that a file may hold, at most.
  package static let sampleLimit = 1024

  /// The draws, all equally likely; at least one.
  package var codes: [LatentCode]
  /// Of every draw, the left factors and biases' changes of the change's parts, one after another; none
  /// where the draws have the latent's own change.
  package var leftFactors: [[Float]]
  /// s: the standard deviation of a fully covered pixel's values about those of the true scene's draw,
  /// in [0, 1]: what no draw can show.
  package var noise: Float
  /// How the draws were made, for people.
  package var method: String

  /// - Precondition: there are left factors of every draw or of none.
  package init(
    codes: [LatentCode], leftFactors: [[Float]] = [], noise: Float, method: String
  ) {
    precondition(!codes.isEmpty, "found no draws, expected at least one")
    precondition(
      leftFactors.isEmpty || leftFactors.count == codes.count,
      "found \(leftFactors.count) draws' changes, expected \(codes.count)")
    self.codes = codes
    self.leftFactors = leftFactors
    self.noise = noise
    self.method = method
  }

  /// What the draws take in a file, bytes.
  package var byteCount: Int {
    4 * codes.count * (codes[0].values.count + (leftFactors.first?.count ?? 0))
  }

  /// The scene of a draw.
  ///
  /// - Parameter latent: that the draws stand beside.
  package func scene(_ index: Int, beside latent: SceneLatent) -> SceneLatent {
    var scene = SceneLatent(code: codes[index], changes: latent.changes)
    if !leftFactors.isEmpty { scene.changes[0].change.replaceLeftFactors(leftFactors[index]) }
    return scene
  }

  /// What a file says of the draws beside the codes.
  struct Description: Codable {
    var samples: Int
    var noise: Float
    var method: String
    /// Whether draws have left factors of their own.
    var changes: Bool?
  }

  private static let codesName = "posterior.codes"
  private static let leftFactorsName = "posterior.left_factors"

  var description: Description {
    Description(
      samples: codes.count, noise: noise, method: method,
      changes: leftFactors.isEmpty ? nil : true)
  }

  var tensors: [Tensor] {
    let codes = Tensor(
      name: Self.codesName, shape: [codes.count, codes[0].values.count],
      values: codes.flatMap(\.values))
    guard let first = leftFactors.first else { return [codes] }
    return [
      codes,
      Tensor(
        name: Self.leftFactorsName, shape: [leftFactors.count, first.count],
        values: leftFactors.flatMap(\.self)),
    ]
  }

  /// Takes the draws from a file's tensors.
  ///
  /// - Parameter changes: of the latent that they stand beside.
  init(
    _ description: Description, width: Int, changes: [WeightedChange],
    from tensors: inout TensorTable, path: String
  ) throws(CheckpointError) {
    func fault(_ key: String, _ found: String, _ expected: String) -> CheckpointError {
      .configuration(path: path, key: "latent.posterior.\(key)", found: found, expected: expected)
    }
    guard (1...Self.sampleLimit).contains(description.samples) else {
      throw fault("samples", "\(description.samples)", "1…\(Self.sampleLimit)")
    }
    guard (0...1).contains(description.noise) else {
      throw fault("noise", "\(description.noise)", "0…1")
    }
    let count = description.samples
    let values = try tensors.take(
      Self.codesName, shape: [count, width], in: Checkpoint.latentRange)
    codes = (0..<count).map { LatentCode(Array(values[$0 * width..<($0 + 1) * width])) }
    leftFactors = []
    if description.changes == true {
      guard let length = changes.first?.change.leftFactorCount else {
        throw fault("changes", "true", "false in a latent without changes")
      }
      let values = try tensors.take(
        Self.leftFactorsName, shape: [count, length], in: Checkpoint.latentRange)
      leftFactors = (0..<count).map { Array(values[$0 * length..<($0 + 1) * length]) }
    }
    noise = description.noise
    method = description.method
  }
}
