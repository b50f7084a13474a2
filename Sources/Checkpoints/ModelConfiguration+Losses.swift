extension ModelConfiguration {
  /// What each scene has lost by all changes since the training, dB, under the name that it has now.
  ///
  /// The sum of the losses that the record says; a scene without an entry has lost nothing that is known of.
  package var lossesSoFar: [String: Double] {
    var losses: [String: Double] = [:]
    for change in changes ?? [] {
      switch change.kind {
      case .addScenes, .mergeModels:
        for entry in change.forgetting ?? [] { losses[entry.scene, default: 0] += entry.loss }
      case .removeScenes:
        for name in change.scenes { losses[name] = nil }
      case .renameScene:
        guard change.scenes.count == 2 else { continue }
        losses[change.scenes[1]] = losses.removeValue(forKey: change.scenes[0])
      }
    }
    return losses
  }
}
