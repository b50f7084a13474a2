import Files
package import NeuralFields

/// Changes of a model's scenes; the codes of all others stay as they are, to the last bit.
extension Checkpoint {
  /// Reads a model, and how its values are stored: as 32-bit floats unless all are narrower alike.
  package static func readStored(
    _ path: String
  ) throws(CheckpointError) -> (model: Checkpoint, elementType: Tensor.ElementType) {
    var tensors = try table { () throws(SafetensorsError) in try SafetensorsReader(path) }
    let elementType = tensors.elementType
    return (try Checkpoint(whole: &tensors), elementType)
  }

  /// The model without some scenes and their variants, and the names that have gone.
  ///
  /// - Precondition: `names` is not empty.
  package func removing(
    _ names: [String]
  ) throws(LibraryError) -> (model: Checkpoint, removed: [String]) {
    var gone: Set<Int> = []
    for name in names { gone.formUnion(try rows(of: name)) }
    let left = latents.names.indices.filter { !gone.contains($0) }
    guard !left.isEmpty else { throw .lastScene(count: latents.ownRows.count) }
    let removed = gone.sorted().map { latents.names[$0] }
    let motion = configuration.motion?.compactMap { path -> LatentTrajectory? in
      var path = path
      guard let first = left.firstIndex(of: path.firstRow) else { return nil }
      path.firstRow = first
      return path
    }
    let model = try changed(
      to: latents.rows(left), motion: motion, hypernetwork: hypernetwork,
      ownNames: Set(latents.ownRows.map { latents.names[$0] }).subtracting(removed),
      by: LibraryChange(kind: .removeScenes, scenes: removed))
    return (model, removed)
  }

  /// The model with another name for a scene, and its variants named after it.
  package func renaming(
    _ name: String, to newName: String
  ) throws(LibraryError) -> (model: Checkpoint, renamed: [(old: String, new: String)]) {
    let rows = try rows(of: name)
    guard !newName.isEmpty else { throw .emptyName }
    guard newName != name else { throw .sameName(name) }
    var names = latents.names
    for row in rows { names[row] = newName + names[row].dropFirst(name.count) }
    try Self.checkDistinct(names, after: rows)
    try checkNotMoving(newName)
    var motion = configuration.motion
    for index in (motion ?? []).indices where motion?[index].scene == name {
      motion?[index].scene = newName
    }
    let own = latents.ownRows.map { names[$0] }
    let model = try changed(
      to: LatentTable(names: names, width: latents.width, values: latents.values),
      motion: motion, hypernetwork: hypernetwork, ownNames: Set(own),
      by: LibraryChange(kind: .renameScene, scenes: [name, newName]))
    return (model, rows.map { (latents.names[$0], names[$0]) })
  }

  /// The model with more scenes, and with what it has become by learning them.
  ///
  /// - Parameters:
  ///   - table: the codes of the old scenes, in their order, and behind them those of the new ones.
  ///   - newOwnNames: those of the new scenes that are no variants.
  ///   - newMotion: the paths of new scenes that move, over rows of the table.
  package func adding(
    _ table: LatentTable, hypernetwork: Hypernetwork, newOwnNames: [String],
    newMotion: [LatentTrajectory] = [], by change: LibraryChange
  ) throws(LibraryError) -> Checkpoint {
    for path in newMotion { try checkNotMoving(path.scene) }
    let motion = (configuration.motion ?? []) + newMotion
    return try changed(
      to: table, motion: motion.isEmpty ? nil : motion, hypernetwork: hypernetwork,
      ownNames: Set(latents.ownRows.map { latents.names[$0] }).union(newOwnNames), by: change)
  }

  /// Refuses names that a model cannot take in beside its own.
  ///
  /// - Parameters:
  ///   - names: of all new rows.
  ///   - ownNames: those of them that are no variants.
  package func checkNew(_ names: [String], ownNames: [String]) throws(LibraryError) {
    let all = latents.names + names
    try Self.checkDistinct(all, after: Array(latents.names.count..<all.count))
    for name in names { try checkNotMoving(name) }
    try Self.checkVariants(
      all, ownNames: Set(latents.ownRows.map { latents.names[$0] }).union(ownNames))
  }

  private func changed(
    to table: LatentTable, motion: [LatentTrajectory]?, hypernetwork: Hypernetwork,
    ownNames: Set<String>,
    by change: LibraryChange
  ) throws(LibraryError) -> Checkpoint {
    try Self.checkVariants(table.names, ownNames: ownNames)
    var configuration = configuration
    var change = change
    if hypernetwork.parameters == self.hypernetwork.parameters {
      change.previousModel = fingerprint
    }
    configuration.scenes = table.names
    configuration.motion = motion?.isEmpty == true ? nil : motion
    configuration.changes = (configuration.changes ?? []) + [change]
    return Checkpoint(configuration: configuration, hypernetwork: hypernetwork, latents: table)
  }

  /// Fingerprints of models whose latents belong to this one: its own, and those that it follows from with
  /// the same hypernetwork.
  package var latentFingerprints: [String] {
    [fingerprint]
      + (configuration.changes ?? []).reversed().prefix { $0.previousModel != nil }
      .compactMap(\.previousModel)
  }

  /// Refuses the name of a scene that moves, which is none of the rows'.
  private func checkNotMoving(_ name: String) throws(LibraryError) {
    if configuration.trajectory(of: name) != nil { throw .nameTaken(name) }
  }

  /// The rows of a scene and of its variants, or of its path where it moves.
  private func rows(of name: String) throws(LibraryError) -> [Int] {
    if let path = configuration.trajectory(of: name) { return Array(path.rows) }
    if let row = latents.names.firstIndex(of: name),
      let path = configuration.motion?.first(where: { $0.rows.contains(row) })
    {
      throw .partOfPath(name: name, scene: path.scene)
    }
    guard latents.names.contains(name) else {
      throw .unknownScene(name: name, count: latents.ownRows.count)
    }
    let isOwn = Set(latents.ownRows)
    let prefix = name + String(LatentTable.variantSeparator)
    return latents.names.indices.filter { row in
      let other = latents.names[row]
      return other == name
        || !isOwn.contains(row) && other.hasPrefix(prefix)
          && !other.dropFirst(prefix.count).contains(LatentTable.variantSeparator)
    }
  }

  private static func checkDistinct(_ names: [String], after rows: [Int]) throws(LibraryError) {
    let changed = Set(rows)
    var seen = Set(names.indices.filter { !changed.contains($0) }.map { names[$0] })
    for row in rows where !seen.insert(names[row]).inserted { throw .nameTaken(names[row]) }
  }

  /// Refuses names that would make a variant of a scene of its own, or the other way round.
  private static func checkVariants(
    _ names: [String], ownNames: Set<String>
  ) throws(LibraryError) {
    let table = LatentTable(names: names, width: 0, values: [])
    let found = Set(table.ownRows.map { names[$0] })
    if let name = names.first(where: { found.contains($0) != ownNames.contains($0) }) {
      throw .variantName(name)
    }
  }
}

/// Why a model's scenes cannot be changed so.
package enum LibraryError: Error, Equatable, Sendable, CustomStringConvertible {
  case unknownScene(name: String, count: Int)
  /// Nothing would be left.
  case lastScene(count: Int)
  case nameTaken(String)
  case emptyName
  /// The scene has the name already.
  case sameName(String)
  /// A scene would become a variant of another by its name, or a variant a scene of its own.
  case variantName(String)
  /// A row of a scene that moves, which is no scene by itself.
  case partOfPath(name: String, scene: String)

  package var description: String {
    switch self {
    case .unknownScene(let name, let count):
      "found no scene named \(name.onOneLine), expected one of the model's \(count)"
    case .lastScene(let count):
      "found all of the model's scenes, expected at least one of the \(count) to stay"
    case .nameTaken(let name):
      "found a scene named \(name.onOneLine) already, expected another name"
    case .emptyName:
      "found an empty name for a scene, expected one with a character or more"
    case .sameName(let name):
      "found \(name.onOneLine) as the new name of \(name.onOneLine), expected another"
    case .partOfPath(let name, let scene):
      "found \(name.onOneLine), a part of the path of \(scene.onOneLine), expected the scene itself"
    case .variantName(let name):
      "found \(name.onOneLine) named as a variant of a scene, expected a name that does not end in "
        + "\(LatentTable.variantSeparator) and a number behind another scene's name"
    }
  }
}
