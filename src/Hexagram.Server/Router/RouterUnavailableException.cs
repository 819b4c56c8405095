namespace Hexagram.Server.Router;

/// <summary>The router of a user cannot be asked: its node does not answer, and the cluster has not given it up yet.</summary>
internal sealed class RouterUnavailableException(Exception cause) : Exception(cause.Message, cause);
