/// How the scenes of a model were changed after its training: an entry of its record.
package struct LibraryChange: Sendable, Equatable, Codable {
  package enum Kind: String, Sendable, Codable {
    case addScenes = "add-scenes"
    case removeScenes = "remove-scenes"
    case renameScene = "rename-scene"
    case mergeModels = "merge-models"
  }

  package var kind: Kind
  /// Scenes that were added or removed; of a renamed one the name before and the name after.
  package var scenes: [String]
  /// Where added scenes came from: the own name of a folder or a model, without its path.
  package var source: String?
  package var steps: Int?
  /// Field evaluations with gradients.
  package var samples: Int?
  /// The options that decide the result, by name.
  package var options: [String: String]?
  /// What each scene that was there before has lost; nil where nothing could change.
  package var forgetting: [Forgetting]?
  /// `Checkpoint.fingerprint` of the model before, where its hypernetwork has stayed as it was: latents
  /// that were fitted to that model belong to the new one as well.
  package var previousModel: String?

  /// What learning others has cost one scene.
  package struct Forgetting: Sendable, Equatable, Codable {
    package var scene: String
    /// Of a scene that moves the time of the moment that has lost most, which the numbers are of, 0…1.
    package var time: Double?
    /// The PSNR of its renderings after beside those before, dB; 100 where they are the same.
    package var ownPsnr: Double
    /// The PSNR beside pictures of a data set, dB, where one was given.
    package var psnrBefore: Double?
    package var psnrAfter: Double?
    /// How much PSNR it has lost, dB: measured beside the pictures, or else estimated.
    package var loss: Double

    package init(
      scene: String, time: Double? = nil, ownPsnr: Double, psnrBefore: Double?, psnrAfter: Double?,
      loss: Double
    ) {
      self.scene = scene
      self.time = time
      self.ownPsnr = ownPsnr
      self.psnrBefore = psnrBefore
      self.psnrAfter = psnrAfter
      self.loss = loss
    }
  }

  package init(
    kind: Kind, scenes: [String], source: String? = nil, steps: Int? = nil, samples: Int? = nil,
    options: [String: String]? = nil, forgetting: [Forgetting]? = nil
  ) {
    self.kind = kind
    self.scenes = scenes
    self.source = source
    self.steps = steps
    self.samples = samples
    self.options = options
    self.forgetting = forgetting
  }
}
