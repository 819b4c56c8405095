namespace Hexagram.Server.Gateway;

/// <summary>Who has not said anything yet that would tell who it is: the server bounds how many of those there are, and for how long.</summary>
internal interface INewcomer
{
    /// <summary>Its place among them; the registry's.</summary>
    LinkedListNode<INewcomer>? Place { get; set; }
}
