package import NeuralFields

/// The scenes that pictures may show, beside the one that shows them best: draws from a posterior.
///
/// Every draw has a code of its own, and the changes of the latent that it stands beside.
package struct LatentPosterior: Sendable, Equatable {
  /// The draws that a file may hold, at most.
  package static let sampleLimit = 1024

  /// The draws, all equally likely; at least one.
  package var codes: [LatentCode]
  /// s: the standard deviation of a fully covered pixel's values about those of the true scene's draw,
  /// in [0, 1]: what no draw can show.
  package var noise: Float
  /// How the draws were made, for people.
  package var method: String

  package init(codes: [LatentCode], noise: Float, method: String) {
    precondition(!codes.isEmpty, "found no draws, expected at least one")
    self.codes = codes
    self.noise = noise
    self.method = method
  }

  /// What the codes take in a file, bytes.
  package var byteCount: Int { 4 * codes.count * codes[0].values.count }

  /// What a file says of the draws beside the codes.
  struct Description: Codable {
    var samples: Int
    var noise: Float
    var method: String
  }

  static let tensorName = "posterior.codes"

  var description: Description {
    Description(samples: codes.count, noise: noise, method: method)
  }

  var tensor: Tensor {
    Tensor(
      name: Self.tensorName, shape: [codes.count, codes[0].values.count],
      values: codes.flatMap(\.values))
  }

  /// Takes the draws from a file's tensors.
  init(
    _ description: Description, width: Int, from tensors: inout TensorTable, path: String
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
    let values = try tensors.take(Self.tensorName, shape: [description.samples, width])
    codes = (0..<description.samples).map { row in
      LatentCode(Array(values[row * width..<(row + 1) * width]))
    }
    noise = description.noise
    method = description.method
  }
}
