using Hexagram.Client;

namespace Hexagram.Cli.Chatting;

/// <summary>The colours of a chat, as the control sequences of ECMA-48; or none of them.</summary>
internal sealed class ChatPaint(bool inColour)
{
    private const string Grey = "90";
    private const string Red = "31";
    private const string Green = "32";
    private const string Yellow = "33";
    private const string Cyan = "36";
    private const string Bold = "1";
    private const string Inverse = "7";

    /// <summary>This user's name.</summary>
    public string Own(string text) => Paint(Cyan, text);

    /// <summary>Another user's name.</summary>
    public string Theirs(string text) => Paint(Bold, text);

    /// <summary>What is not to catch the eye.</summary>
    public string Quiet(string text) => Paint(Grey, text);

    /// <summary>How a message stands.</summary>
    public string State(SentState state, string word) => Paint(
        state switch
        {
            SentState.Delivered => Green,
            SentState.Stored => Yellow,
            SentState.Refused => Red,
            _ => Grey,
        },
        word);

    /// <summary>The line about the connection.</summary>
    public string Bar(string text, bool isConnected) => Paint(isConnected ? Inverse : $"{Inverse};{Yellow}", text);

    private string Paint(string code, string text) => inColour ? $"\e[{code}m{text}\e[0m" : text;
}
