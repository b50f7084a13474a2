import Foundation
package import NeuralFields

/// A saved model: a hypernetwork, the codes of its scenes, and all that is needed to render them.
///
/// On the disk it is one safetensors file. Its tensors are `latents`, `[scenes × latent_width]`, and
/// the hypernetwork's parameters as `hypernetwork.NAME` with PyTorch's layouts; its metadata text
/// `hypermarch` is the configuration as JSON.
package struct Checkpoint: Sendable {
  package var configuration: ModelConfiguration
  package var hypernetwork: Hypernetwork
  package var latents: LatentTable

  /// - Precondition: the parts fit one another.
  package init(
    configuration: ModelConfiguration, hypernetwork: Hypernetwork, latents: LatentTable
  ) {
    precondition(configuration.scenes == latents.names, "found codes of other scenes")
    precondition(
      configuration.hypernetwork == hypernetwork.architecture
        && configuration.field.layout == hypernetwork.target,
      "found a hypernetwork of another architecture")
    self.configuration = configuration
    self.hypernetwork = hypernetwork
    self.latents = latents
  }

  /// The radiance field of a scene's code.
  package func field(for code: LatentCode, threadCount: Int = 1) -> CoordinateMLP {
    CoordinateMLP(
      architecture: configuration.field, bound: configuration.bound,
      weights: hypernetwork.weights(for: code, threadCount: threadCount))
  }

  static let metadataKey = "hypermarch"

  /// Reads a model.
  ///
  /// The configuration is checked before anything is allocated for what it describes, and the tensors
  /// must be exactly those that follow from it.
  package static func read(_ path: String) throws(CheckpointError) -> Checkpoint {
    let file = try safetensors { () throws(SafetensorsError) in try Safetensors.read(path) }
    return try decode(file, path: path)
  }

  static func decode(_ file: SafetensorsFile, path: String) throws(CheckpointError) -> Checkpoint {
    let configuration = try configuration(of: file, path: path)
    let target = configuration.field.layout
    let layout = Hypernetwork.layout(architecture: configuration.hypernetwork, target: target)
    var tensors = try TensorTable(file.tensors, path: path)
    let latents = try tensors.take(
      "latents", shape: [configuration.scenes.count, configuration.hypernetwork.latentWidth])
    var parameters: [Float] = []
    for entry in layout.entries {
      parameters += try tensors.take("hypernetwork.\(entry.name)", shape: entry.shape)
    }
    try tensors.expectEmpty()
    return Checkpoint(
      configuration: configuration,
      hypernetwork: Hypernetwork(
        architecture: configuration.hypernetwork, target: target, parameters: parameters),
      latents: LatentTable(
        names: configuration.scenes, width: configuration.hypernetwork.latentWidth,
        values: latents))
  }

  /// Reads and checks the configuration in a file's metadata.
  static func configuration(
    of file: SafetensorsFile, path: String
  ) throws(CheckpointError) -> ModelConfiguration {
    guard let text = file.metadata[metadataKey] else { throw .notAModel(path: path) }
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    let data = Data(text.utf8)
    do {
      // The version first: the rest of a newer file may look different.
      let version = try decoder.decode(Version.self, from: data).formatVersion
      guard version == ModelConfiguration.formatVersion else {
        throw CheckpointError.unsupportedVersion(
          path: path, found: version, expected: ModelConfiguration.formatVersion)
      }
      let configuration = try decoder.decode(ModelConfiguration.self, from: data)
      if let fault = configuration.firstFault {
        throw CheckpointError.configuration(
          path: path, key: fault.key, found: fault.found, expected: fault.expected)
      }
      return configuration
    } catch let error as CheckpointError {
      throw error
    } catch let error as DecodingError {
      throw configurationError(error, path: path)
    } catch {
      throw .configuration(path: path, key: "", found: "\(error)", expected: "JSON")
    }
  }

  private struct Version: Decodable {
    let formatVersion: Int
  }

  private static func configurationError(
    _ error: DecodingError, path: String
  ) -> CheckpointError {
    func key(_ context: DecodingError.Context, _ last: (any CodingKey)? = nil) -> String {
      (context.codingPath + (last.map { [$0] } ?? [])).map(\.stringValue).joined(separator: ".")
    }
    switch error {
    case .keyNotFound(let missing, let context):
      return .configuration(
        path: path, key: key(context, missing), found: "no such key", expected: "a value")
    case .typeMismatch(let type, let context), .valueNotFound(let type, let context):
      return .configuration(
        path: path, key: key(context), found: "another type", expected: "\(type)")
    case .dataCorrupted(let context):
      return .configuration(
        path: path, key: key(context), found: context.debugDescription, expected: "a valid value")
    @unknown default:
      return .configuration(path: path, key: "", found: "an unknown fault", expected: "JSON")
    }
  }

  /// Writes the model, whole or not at all.
  ///
  /// - Parameter elementType: how values are stored; half precision halves the file.
  package func write(
    to path: String, elementType: Tensor.ElementType = .float32, overwriting: Bool
  ) throws(CheckpointError) {
    let file = SafetensorsFile(
      tensors: tensors(elementType: elementType), metadata: [Self.metadataKey: configurationText])
    try Self.safetensors { () throws(SafetensorsError) in
      try Safetensors.write(file, to: path, overwriting: overwriting)
    }
  }

  func tensors(elementType: Tensor.ElementType) -> [Tensor] {
    let codes = Tensor(
      name: "latents", shape: [latents.names.count, latents.width], elementType: elementType,
      values: latents.values)
    return [codes]
      + hypernetwork.layout.entries.map { entry in
        Tensor(
          name: "hypernetwork.\(entry.name)", shape: entry.shape, elementType: elementType,
          values: Array(hypernetwork.parameters[entry.range]))
      }
  }

  /// The configuration as JSON with sorted keys.
  package var configurationText: String {
    let encoder = JSONEncoder()
    encoder.keyEncodingStrategy = .convertToSnakeCase
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    guard let data = try? encoder.encode(configuration) else {
      preconditionFailure("every number of a configuration is finite")
    }
    return String(decoding: data, as: UTF8.self)
  }

  /// Runs a codec call, wrapping its error.
  static func safetensors<Result>(
    _ body: () throws(SafetensorsError) -> Result
  ) throws(CheckpointError) -> Result {
    do { return try body() } catch { throw .safetensors(error) }
  }
}

/// The tensors of a file that have not been asked for yet.
struct TensorTable {
  private var tensors: [String: Tensor] = [:]
  private let path: String

  init(_ tensors: [Tensor], path: String) throws(CheckpointError) {
    self.path = path
    for tensor in tensors { self.tensors[tensor.name] = tensor }
  }

  /// The values of one tensor, which must be there with this shape.
  mutating func take(_ name: String, shape: [Int]) throws(CheckpointError) -> [Float] {
    guard let tensor = tensors.removeValue(forKey: name) else {
      throw .missingTensor(path: path, tensor: name)
    }
    guard tensor.shape == shape else {
      throw .shape(path: path, tensor: name, found: tensor.shape, expected: shape)
    }
    return tensor.values
  }

  /// Refuses a tensor that nobody asked for.
  func expectEmpty() throws(CheckpointError) {
    if let name = tensors.keys.min() { throw .unexpectedTensor(path: path, tensor: name) }
  }
}
