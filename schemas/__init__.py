"""What travels: the messages of the public contract, the policy pack and the words they use."""
