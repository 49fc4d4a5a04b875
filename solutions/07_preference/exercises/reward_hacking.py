"""reward_hacking: an open project; a person grades the report by the rubric in its statement."""

from mmlab.instructor.authoring.exercise import Driver, Exercise

EXERCISE = Exercise(
    difficulty=3,
    importance=4,
    minutes=60,
    needs=("sequence_logprob", "kl_shaped_reward"),
    optional=True,
    hints=(
        "Rewards that count something (words, details, commas, confident words) are easy to hack, because a caption can have more of it without being about the image. So are rewards that compare words with the scene and ignore how often each may occur.",
        "For the figure, store the policy's reward, truth and KL in each step, for a few values of beta, and draw reward and truth against KL. Runs that train for longer reach a larger KL.",
        "A penalty beta is in units of reward per nat. If a hacked caption gains 6 points of reward at 30 nats, a beta of 0.2 makes it worthless, and one far below has little effect.",
    ),
    driver=Driver("text"),
)
