package import Kernels
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
    precondition(
      configuration.scenes == latents.names
        && configuration.hypernetwork.latentWidth == latents.width,
      "found codes of other scenes or of another width")
    precondition(
      configuration.hypernetwork == hypernetwork.architecture
        && configuration.field.layout == hypernetwork.target,
      "found a hypernetwork of another architecture")
    self.configuration = configuration
    self.hypernetwork = hypernetwork
    self.latents = latents
  }

  /// The radiance field of a scene's code.
  ///
  /// - Parameter width: of the hidden layers; nil for the whole field.
  /// - Precondition: it is one of the model's widths.
  package func field(
    for code: LatentCode, width: Int? = nil, precision: FieldPrecision = .float32,
    threadCount: Int = 1
  ) -> CoordinateMLP {
    field(
      of: hypernetwork.weights(for: code, threadCount: threadCount), width: width,
      precision: precision)
  }

  static let metadataKey = "hypermarch"

  /// The values that codes and changes of weights may have: far beyond what training and fits make, and
  /// small enough for sums of squares.
  package static let latentRange: ClosedRange<Float> = -1e6...1e6

  /// How `program` begins in a file that hypermarch wrote.
  private static let programPrefix = "hypermarch "

  /// Reads a model.
  ///
  /// The configuration is checked before anything is allocated for what it describes, and the tensors
  /// must be exactly those that follow from it. A file that names hypermarch as its program must have
  /// checksums: they were there, so without them it is damaged or was changed. Other programs may
  /// leave them out, as a reader of safetensors must expect; where they are, they must be right.
  package static func read(_ path: String) throws(CheckpointError) -> Checkpoint {
    try readStored(path).model
  }

  /// Makes a model of a file's bytes, as ``read(_:)`` does.
  ///
  /// - Parameter path: the file's name, for errors.
  package static func decode(
    _ bytes: [UInt8], path: String
  ) throws(CheckpointError) -> Checkpoint {
    var tensors = try table { () throws(SafetensorsError) in
      try SafetensorsReader(bytes, path: path)
    }
    return try Checkpoint(whole: &tensors)
  }

  /// Takes all of a file's tensors.
  init(whole tensors: inout TensorTable) throws(CheckpointError) {
    try self.init(from: &tensors)
    try tensors.expectEnd()
  }

  /// Takes a model's tensors, each straight to its place, after all their shapes have been compared.
  init(from tensors: inout TensorTable) throws(CheckpointError) {
    let path = tensors.path
    guard let text = tensors.metadata[Self.metadataKey] else { throw .notAModel(path: path) }
    let configuration = try ModelConfiguration(text: text, path: path)
    if !tensors.hasChecksums && configuration.program.hasPrefix(Self.programPrefix) {
      throw .safetensors(.missingChecksums(path: path))
    }
    let target = configuration.field.layout
    let layout = Hypernetwork.layout(architecture: configuration.hypernetwork, target: target)
    let shape = [configuration.scenes.count, configuration.hypernetwork.latentWidth]
    try tensors.expect("latents", shape: shape)
    for entry in layout.entries {
      try tensors.expect("hypernetwork.\(entry.name)", shape: entry.shape)
    }
    let latents = try tensors.take("latents", shape: shape, in: Self.latentRange)
    var parameters: [Float] = []
    // As many as the file has, by its shapes.
    parameters.reserveCapacity(layout.count)
    for entry in layout.entries {
      try tensors.take("hypernetwork.\(entry.name)", shape: entry.shape, to: &parameters)
    }
    self.init(
      configuration: configuration,
      hypernetwork: Hypernetwork(
        architecture: configuration.hypernetwork, target: target, parameters: parameters),
      latents: LatentTable(
        names: configuration.scenes, width: configuration.hypernetwork.latentWidth,
        values: latents))
  }

  /// Writes the model, whole or not at all.
  ///
  /// - Parameter elementType: how values are stored; half precision halves the file.
  /// - Throws: `CheckpointError.configuration` for a configuration that could not be read again.
  package func write(
    to path: String, elementType: Tensor.ElementType = .float32, overwriting: Bool
  ) throws(CheckpointError) {
    try configuration.check(path: path)
    try Self.check(latents.values, named: "latents", path: path)
    let file = SafetensorsFile(
      tensors: tensors(elementType: elementType), metadata: [Self.metadataKey: configuration.text])
    try Self.writing(to: path) { () throws(SafetensorsError) in
      try Safetensors.write(file, to: path, overwriting: overwriting)
    }
  }

  /// Refuses to write what no reader accepts.
  static func check(
    _ values: [Float], named name: String, path: String
  ) throws(CheckpointError) {
    // What is not finite has an error of its own.
    let place = values.firstIndex { $0.isFinite && !latentRange.contains($0) }
    guard let place else { return }
    throw .value(
      path: path, tensor: name, index: place, found: values[place], expected: latentRange)
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

  /// The tensors of a file that is opened, wrapping the error.
  static func table(
    _ open: () throws(SafetensorsError) -> SafetensorsReader
  ) throws(CheckpointError) -> TensorTable {
    do { return TensorTable(try open()) } catch { throw .safetensors(error) }
  }

  /// Runs a codec call that writes: a value that is not finite is a failure of the work, not of a file.
  static func writing(
    to path: String, _ body: () throws(SafetensorsError) -> Void
  ) throws(CheckpointError) {
    do {
      try body()
    } catch .nonFinite(_, let tensor, let index, let bits) {
      throw .notFinite(path: path, tensor: tensor, index: index, bits: bits)
    } catch {
      throw .safetensors(error)
    }
  }
}
